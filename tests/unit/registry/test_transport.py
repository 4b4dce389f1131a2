import base64
import gc
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ci_kit.errors import TransportError, UsageError
from ci_kit.registry import trust
from ci_kit.registry.proxy import proxies_of
from ci_kit.registry.transport import Request, Transport, scheme_of
from tests.unit.servers import Answer, Authority, Pair, free_port, raw, self_signed, web


@pytest.fixture
def transport(authority: Authority) -> Iterator[Transport]:
    made = Transport(lambda host: trust.context((authority.certificate,)), timeout=5)
    yield made
    made.close()


def get(transport: Transport, url: str, body: bytes | None = None) -> bytes:
    return transport.send(Request("PATCH" if body else "GET", url, {}, body)).body


def fault(transport: Transport, url: str, body: bytes | None = None) -> str:
    with pytest.raises(TransportError) as caught:
        get(transport, url, body)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_trusted_server_is_asked_over_one_connection(transport: Transport, authority: Authority) -> None:
    pair = authority.issue("good", "DNS:localhost")
    with web(lambda seen: Answer(200, seen.path.encode()), pair.server()) as server:
        url = f"https://localhost:{server.port}"
        assert [get(transport, f"{url}/v2/"), get(transport, url)] == [b"/v2/", b"/"]
    assert server.connections == 1


def _self_signed(folder: Path) -> Pair:
    return self_signed(folder, "DNS:localhost")


def _unknown(folder: Path) -> Pair:
    return Authority(folder, "stranger").issue("unknown", "DNS:localhost")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_self_signed, "the certificate is self-signed and not trusted -> give its CA in CI_KIT_CA"),
        (_unknown, "the certificate is signed by a CA that is not trusted -> give the CA in CI_KIT_CA"),
    ],
)
def test_a_certificate_that_nobody_vouches_for_is_named(
    transport: Transport, tmp_path: Path, make: object, words: str
) -> None:
    assert callable(make)
    with web(lambda seen: Answer(), make(tmp_path).server()) as server:
        assert f"localhost:{server.port}: {words}" in fault(transport, f"https://localhost:{server.port}/v2/")
    assert server.seen == []


@pytest.mark.parametrize(
    ("name", "names", "days", "host", "words"),
    [
        ("expired", "DNS:localhost", -1, "localhost", "has expired -> renew the server's certificate"),
        ("other", "DNS:other.example.com", 3, "localhost", "is for another name -> reissue it with this name"),
        ("nameless", "DNS:localhost", 3, "127.0.0.1", "is for another address -> reissue it with this name or address"),
    ],
)
def test_a_certificate_of_a_known_authority_that_does_not_hold_is_named(
    transport: Transport, authority: Authority, name: str, names: str, days: int, host: str, words: str
) -> None:
    pair = authority.issue(name, names, days=days)
    with web(lambda seen: Answer(), pair.server()) as server:
        assert f"the certificate {words}" in fault(transport, f"https://{host}:{server.port}/")


def test_an_authority_without_key_usage_is_trusted(tmp_path: Path) -> None:
    legacy = Authority(tmp_path, "legacy", legacy=True)
    transport = Transport(lambda host: trust.context((legacy.certificate,)), timeout=5)
    with web(lambda seen: Answer(200, b"ok"), legacy.issue("server", "DNS:localhost").server()) as server:
        assert get(transport, f"https://localhost:{server.port}/") == b"ok"
        transport.close()


def test_plain_http_on_a_tls_port_is_named(transport: Transport) -> None:
    with web(lambda seen: Answer()) as server:
        said = fault(transport, f"https://localhost:{server.port}/v2/")
    assert "speaks plain HTTP, not TLS -> check the port, or put TLS before it" in said


def test_a_closed_port_is_named(transport: Transport) -> None:
    port = free_port()
    assert f"127.0.0.1:{port}: nothing listens there" in fault(transport, f"http://127.0.0.1:{port}/")


def test_a_name_without_address_is_named(transport: Transport) -> None:
    assert "registry.invalid: this name has no address" in fault(transport, "https://registry.invalid/v2/")


@pytest.mark.parametrize(
    "url", ["ftp://host/", "https:///v2/", "host/v2/", "", "https://host:0/", "https://host:99999/", "https://[::1/"]
)
def test_what_is_no_web_address_is_not_asked(transport: Transport, url: str) -> None:
    assert "is no address that can be asked" in fault(transport, url)


@pytest.mark.parametrize("url", ["https://a..b/", "http://localhost/a b", f"https://{'a' * 64}.example.com/"])
def test_an_address_that_cannot_travel_is_refused(transport: Transport, url: str) -> None:
    assert "this is no address that can be asked" in fault(transport, url)


def test_a_slow_server_is_left_after_the_timeout() -> None:
    transport = Transport(lambda host: trust.context(()), timeout=0.2)
    with raw(lambda connection: time.sleep(0.5)) as port:
        assert "no answer in time -> check firewall and load" in fault(transport, f"http://127.0.0.1:{port}/")


def test_a_kept_alive_connection_that_the_server_closed_is_opened_again(transport: Transport) -> None:
    with web(lambda seen: Answer(200, b"x", hang_up=True)) as server:
        url = f"http://{server.netloc}/"
        assert [get(transport, url), get(transport, url)] == [b"x", b"x"]
    assert server.connections == 2


def test_a_server_that_always_hangs_up_is_asked_once(transport: Transport) -> None:
    with web(lambda seen: None) as server:
        said = fault(transport, f"http://{server.netloc}/")
    assert "closed the connection without an answer -> look at the log of the proxy" in said
    assert len(server.seen) == 1


def test_a_server_that_hangs_up_the_second_time_is_asked_once_more(transport: Transport) -> None:
    with web(lambda seen: Answer() if seen.path == "/first" else None) as server:
        get(transport, f"http://{server.netloc}/first")
        fault(transport, f"http://{server.netloc}/second")
    assert server.paths() == ["/first", "/second", "/second"]


def test_a_body_that_breaks_off_is_no_answer(transport: Transport) -> None:
    with web(lambda seen: Answer(200, b"half", length=100, hang_up=True)) as server:
        said = fault(transport, f"http://{server.netloc}/")
    assert "closed the connection in the middle of an answer" in said


def test_a_huge_body_is_not_read_to_its_end(transport: Transport) -> None:
    sent = 0

    def flood(connection: socket.socket) -> None:
        nonlocal sent
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")
        while True:
            sent += connection.send(bytes(1 << 20))

    with raw(flood) as port:
        assert "answers with more than 8 MiB" in fault(transport, f"http://127.0.0.1:{port}/")
    assert sent < 100 << 20


def test_garbage_is_no_http(transport: Transport) -> None:
    with raw(lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n")) as port:
        assert f"127.0.0.1:{port}: " in fault(transport, f"http://127.0.0.1:{port}/")


def test_a_refusal_that_comes_before_the_body_was_read_is_still_read(transport: Transport) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 16):
            pass

    with raw(refuse) as port:
        answer = transport.send(Request("PATCH", f"http://127.0.0.1:{port}/", {}, bytes(1_200_000)))
    assert answer.status == 413


def test_loopback_is_known_by_its_spelling_only() -> None:
    assert [scheme_of(name) for name in ("127.0.0.1:5000", "localhost", "LOCALHOST:1", "[::1]:5000")] == ["http"] * 4
    strangers = ("127.0.0.1.nip.io", "localhost.example.com", "localhostess", "host", "[::2]", "127.example.com")
    assert [scheme_of(name) for name in strangers] == ["https"] * 6


@contextmanager
def proxy(status: int = 200) -> Iterator[tuple[int, list[bytes]]]:
    """A proxy that answers CONNECT; it connects to the port asked for, on the loopback."""
    asked: list[bytes] = []

    def tunnel(connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        asked.append(head)
        connection.sendall(f"HTTP/1.1 {status} Said\r\n\r\n".encode())
        if status == 200:
            port = int(head.split(b" ")[1].rpartition(b":")[2])
            with socket.create_connection(("127.0.0.1", port)) as far:
                _relay(connection, far)

    with raw(tunnel) as port:
        yield port, asked


def _relay(near: socket.socket, far: socket.socket) -> None:
    import select

    while True:
        for one in select.select([near, far], [], [])[0]:
            data = one.recv(65536)
            if not data:
                return
            (far if one is near else near).sendall(data)


def test_a_proxy_gets_connect_and_its_login_and_the_name_is_checked_behind_it(authority: Authority) -> None:
    pair = authority.issue("behind", "DNS:registry.invalid")
    with web(lambda seen: Answer(200, b"far"), pair.server()) as server, proxy() as (port, asked):
        proxies = proxies_of({"https_proxy": f"http://me:p%40ss@127.0.0.1:{port}"})
        transport = Transport(lambda host: trust.context((authority.certificate,)), proxies, timeout=5)
        assert get(transport, f"https://registry.invalid:{server.port}/") == b"far"
        transport.close()
    assert asked[0].startswith(f"CONNECT registry.invalid:{server.port} ".encode())
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"me:p@ss") in asked[0]


# Older Pythons leave the answer to a refused CONNECT for the collector, whose warning belongs to this test alone.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_proxy_that_refuses_or_is_away_is_named_without_its_password(authority: Authority) -> None:
    with proxy(407) as (port, _):
        transport = Transport(lambda host: trust.context(()), {"https": f"http://me:secret@127.0.0.1:{port}"}, 5)
        refused = fault(transport, "https://registry.invalid/")
    away = fault(transport, "https://registry.invalid/")
    assert f"registry.invalid through the proxy 127.0.0.1:{port}: " in refused
    assert "407" in refused
    assert f"registry.invalid through the proxy 127.0.0.1:{port}: nothing listens there" in away
    assert "secret" not in refused + away
    gc.collect()


@pytest.mark.parametrize("without", ["localhost", ".localhost", "*.localhost", "*", "a, LOCALHOST ,b", "localhost:{}"])
def test_no_proxy_is_honoured(authority: Authority, without: str) -> None:
    pair = authority.issue("near", "DNS:localhost")
    with web(lambda seen: Answer(200, b"near"), pair.server()) as server:
        environ = {"HTTPS_PROXY": f"127.0.0.1:{free_port()}", "NO_PROXY": without.format(server.port)}
        transport = Transport(lambda host: trust.context((authority.certificate,)), proxies_of(environ), timeout=5)
        assert get(transport, f"https://localhost:{server.port}/") == b"near"
        transport.close()


def test_lower_case_proxy_names_win_and_empty_ones_do_not_count() -> None:
    environ = {"https_proxy": "low", "HTTPS_PROXY": "high", "http_proxy": "", "HTTP_PROXY": "up"}
    assert proxies_of(environ) == {"https": "low", "http": "up"}


def test_the_files_of_trust_come_from_variables_and_from_dockers_folder(tmp_path: Path) -> None:
    ours, runners, docker = (tmp_path / name for name in ("ours", "runners", "certs.d/host:5050/ca.crt"))
    docker.parent.mkdir(parents=True)
    for path in (ours, runners, docker):
        path.touch()
    environ = {"CI_KIT_CA": str(ours), "CI_SERVER_TLS_CA_FILE": str(runners)}
    assert trust.certificate_files("host:5050", environ, tmp_path / "certs.d") == (ours, runners, docker)
    assert trust.certificate_files("other", {"CI_SERVER_TLS_CA_FILE": "/nowhere"}, tmp_path / "certs.d") == ()


def test_a_ca_variable_that_names_no_file_is_refused() -> None:
    with pytest.raises(UsageError, match=r"CI_KIT_CA: '/nowhere/ca\.pem' is not a file"):
        trust.certificate_files("host", {"CI_KIT_CA": "/nowhere/ca.pem"})


@pytest.mark.parametrize("text", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"])
def test_a_ca_file_without_a_certificate_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"ca\.pem: holds no certificate"):
        trust.context((path,))


def test_our_context_checks_chain_and_name() -> None:
    context = trust.context(())
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_a_twin_takes_up_the_tls_session_of_the_first_connection(authority: Authority) -> None:
    context = authority.issue("resumed", "DNS:localhost").server()
    resumed = list[bool]()

    def handle(sock: socket.socket) -> None:
        with context.wrap_socket(sock, server_side=True) as secure:
            resumed.append(bool(secure.session_reused))
            secure.recv(65536)
            secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            secure.recv(1)

    first = Transport(lambda host: trust.context((authority.certificate,)), timeout=5)
    twin = first.twin()
    with raw(handle) as port:
        assert [get(each, f"https://localhost:{port}/") for each in (first, twin)] == [b"ok", b"ok"]
        twin.close()
        first.close()
    assert resumed == [False, True]


def test_a_session_is_of_no_use_to_another_context(authority: Authority) -> None:
    made = Transport(lambda host: ssl.create_default_context(cafile=authority.certificate), timeout=5)
    with web(lambda seen: Answer(200, b"ok"), authority.issue("apart", "DNS:localhost").server()) as server:
        for each in (made, made.twin()):
            assert get(each, f"https://localhost:{server.port}/") == b"ok"
            each.close()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ("Content-Length: 7\r\n", "content"),
        ("Transfer-Encoding: chunked\r\n", "3\r\ncon\r\n4;x=y\r\ntent\r\n0\r\n\r\n"),
    ],
)
def test_a_body_is_read_piece_by_piece(headers: str, body: str) -> None:
    def handle(sock: socket.socket) -> None:
        sock.recv(65536)
        for letter in f"HTTP/1.1 200 OK\r\n{headers}\r\n{body}":
            sock.sendall(letter.encode())
        sock.recv(1)

    made = Transport(lambda host: trust.context(()), timeout=5)
    with raw(handle) as port:
        stream = made.stream(Request("GET", f"http://127.0.0.1:{port}/", {}))
        assert [stream.read(5), stream.read(5), stream.read(5)] == [b"conte", b"nt", b""]
        stream.close()


@pytest.mark.parametrize("chunk", ["x", "-1", "+3", "0x3", ""])
def test_a_chunk_without_a_size_is_no_answer(chunk: str) -> None:
    def handle(sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}\r\nabc\r\n0\r\n\r\n".encode())

    made = Transport(lambda host: trust.context(()), timeout=5)
    with raw(handle) as port:
        assert "closed the connection without an answer" in fault(made, f"http://127.0.0.1:{port}/")
    made.close()


def test_the_systems_certificates_hold_beside_those_of_the_instance(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read when the instance's own do not vouch for a server, and then for each connection to it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))  # where OpenSSL looks for the system's
    instance = Authority(tmp_path, "instance")
    narrow = trust.first((instance.certificate,))
    made = Transport(lambda host: narrow, timeout=5)
    with (
        web(lambda seen: Answer(200, b"its own"), instance.issue("own", "DNS:localhost").server()) as own,
        web(lambda seen: Answer(200, b"public"), authority.issue("public", "DNS:localhost").server()) as public,
        web(
            lambda seen: Answer(200, b"no"), Authority(tmp_path, "stranger").issue("strange", "DNS:localhost").server()
        ) as strange,
    ):
        for each in (made, made.twin()):
            assert get(each, f"https://localhost:{own.port}/") == b"its own"
            assert get(each, f"https://localhost:{public.port}/") == b"public"
            assert "CA that is not trusted" in fault(each, f"https://localhost:{strange.port}/")
            each.close()
    assert own.connections == 2
    assert public.connections == 1 + 2  # once we refuse it
