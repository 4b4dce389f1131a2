import os
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from shutil import copyfile

import pytest

from ci_kit.daemon import readiness
from ci_kit.daemon.endpoint import Endpoint
from ci_kit.daemon.readiness import Ready
from ci_kit.errors import DaemonError
from tests.unit.servers import Answer, Authority, Pair, Seen, Web, free_port, raw, web

PING = Answer(200, b"OK", (("Api-Version", "1.47"), ("Builder-Version", "2")))
SHORT = 0.1  # seconds to wait where the cause is only told at the deadline


def daemon(seen: Seen) -> Answer:
    return PING if seen.path == "/_ping" else Answer(404)


def over_tls(pair: Pair, authority: Authority) -> AbstractContextManager[Web]:
    return web(daemon, pair.server(authority.certificate))


def client_files(folder: Path, authority: Authority, pair: Pair) -> Path:
    folder.mkdir(exist_ok=True)
    for source, name in ((authority.certificate, "ca.pem"), (pair.certificate, "cert.pem"), (pair.key, "key.pem")):
        copyfile(source, folder / name)
    return folder


@pytest.fixture(scope="module")
def server(authority: Authority) -> Pair:
    return authority.issue("dind", "DNS:localhost")


@pytest.fixture(scope="module")
def client(authority: Authority) -> Pair:
    return authority.issue("client", "DNS:client")


def trouble(endpoint: Endpoint, seconds: float, said: Callable[[str], None] = lambda text: None) -> str:
    with pytest.raises(DaemonError) as caught:
        readiness.wait(endpoint, seconds, said)
    line = str(caught.value)
    assert line.startswith(f"{endpoint.address}: ")
    assert line.isprintable()
    assert " -> " in line
    return line.removeprefix(f"{endpoint.address}: ")


def test_a_daemon_that_answers_is_ready_at_once() -> None:
    with web(daemon) as running:
        assert readiness.wait(Endpoint(f"tcp://{running.netloc}"), SHORT) == Ready("1.47", buildkit=True)
    assert running.paths() == ["/_ping"]


def test_a_daemon_on_a_socket_is_ready(tmp_path: Path) -> None:
    def answer(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nApi-Version: 1.24\r\nContent-Length: 2\r\n\r\nOK")

    path = str(tmp_path / "d.sock")
    with raw(answer, socket.AF_UNIX, path):
        assert readiness.wait(Endpoint(f"unix://{path}"), SHORT) == Ready("1.24", buildkit=False)


@pytest.mark.parametrize("legacy", [False, True], ids=["with key usage", "without key usage"])
def test_a_daemon_over_tls_is_ready_whatever_its_ca_says_of_its_use(tmp_path: Path, legacy: bool) -> None:
    ca = Authority(tmp_path / "ca", "dind-ca", legacy=legacy)
    folder = client_files(tmp_path / "client", ca, ca.issue("client", "DNS:client"))
    with over_tls(ca.issue("server", "DNS:localhost"), ca) as running:
        assert readiness.wait(Endpoint(f"tcp://localhost:{running.port}", folder), 5).buildkit


def test_the_wait_is_told_and_ends_as_soon_as_the_daemon_answers() -> None:
    told: list[str] = []
    busy = [Answer(503, b"starting"), Answer(503, b"starting"), PING]
    with web(lambda seen: busy.pop(0)) as running:
        readiness.wait(Endpoint(f"tcp://{running.netloc}"), 10, told.append)
    assert told == ["waiting for the Docker daemon: what answers is not a Docker daemon: starting"]


def test_a_daemon_that_accepts_and_answers_late_is_waited_for_in_one_request() -> None:
    def late(seen: Seen) -> Answer:
        time.sleep(0.3)
        return PING

    with web(late) as running:
        assert readiness.wait(Endpoint(f"tcp://{running.netloc}"), 10).buildkit
    assert len(running.seen) == 1


# no service


def test_a_name_without_address_is_no_service() -> None:
    said = trouble(Endpoint("tcp://docker.invalid:2376"), SHORT)
    assert said.startswith("no service: the name 'docker.invalid' has no address (after 0 s) -> add a docker:…-dind")


@pytest.mark.parametrize("address", ["tcp://a..b:2375", f"tcp://{'a' * 70}:2375"])
def test_a_name_that_can_have_no_address_is_no_service(address: str, tmp_path: Path) -> None:
    assert trouble(Endpoint(address), SHORT).startswith("no service: ")
    assert trouble(Endpoint(address, tmp_path), SHORT).startswith("no service: ")


def test_a_socket_that_does_not_exist_is_told_at_once(tmp_path: Path) -> None:
    told: list[str] = []
    said = trouble(Endpoint(f"unix://{tmp_path}/none.sock"), 60, told.append)
    assert f"no service: the socket {tmp_path}/none.sock does not exist (after 0 s) -> start Docker" in said
    assert len(told) == 1


@pytest.mark.usefixtures("unprivileged")
def test_a_socket_that_may_not_be_opened_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "d.sock"
    with socket.socket(socket.AF_UNIX) as held:
        held.bind(str(path))
        path.chmod(0)
        assert f"no service: this user may not open {path}" in trouble(Endpoint(f"unix://{path}"), 60)


def test_a_socket_that_nobody_serves_is_not_ready(tmp_path: Path) -> None:
    path = tmp_path / "d.sock"
    with socket.socket(socket.AF_UNIX) as held:
        held.bind(str(path))
    assert f"not ready: {path}: [Errno 111] Connection refused" in trouble(Endpoint(f"unix://{path}"), SHORT)


# wrong port


def test_tls_towards_a_plain_daemon_is_the_wrong_port(tmp_path: Path, authority: Authority, client: Pair) -> None:
    folder = client_files(tmp_path / "client", authority, client)
    with web(daemon) as running:
        said = trouble(Endpoint(f"tcp://localhost:{running.port}", folder), SHORT)
    assert f"wrong port: localhost:{running.port} speaks plain HTTP, not TLS" in said


def test_plain_http_towards_a_tls_daemon_is_the_wrong_port() -> None:
    def as_go_does(connection: socket.socket) -> None:
        connection.recv(4096)
        text = b"Client sent an HTTP request to an HTTPS server.\n"
        connection.sendall(b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n" + text)

    with raw(as_go_does) as port:
        said = trouble(Endpoint(f"tcp://127.0.0.1:{port}"), SHORT)
    assert f"wrong port: 127.0.0.1:{port} wants TLS, and DOCKER_TLS_VERIFY is not set" in said


@pytest.mark.parametrize(
    ("asked", "other", "words"),
    [
        (2375, 2376, "listens on 2376 (with TLS), not on 2375"),
        (2376, 2375, "listens on 2375 (without TLS), not on 2376"),
    ],
)
def test_the_other_of_dockers_two_ports_is_looked_at(asked: int, other: int, words: str) -> None:
    address = f"127.77.{os.getpid() % 250}.9"  # on the loopback, and of this run alone
    with raw(lambda connection: None, address=(address, other)):
        assert f"wrong port: {address} {words} (after 0 s)" in trouble(Endpoint(f"tcp://{address}:{asked}"), SHORT)


@pytest.mark.parametrize("body", [b"<html>nginx</html>", b"", b"\x1b[2J\xff"])
def test_another_web_server_is_the_wrong_port(body: bytes) -> None:
    with web(lambda seen: Answer(200, body)) as running:
        said = trouble(Endpoint(f"tcp://{running.netloc}"), SHORT)
    assert "wrong port: what answers is not a Docker daemon: " in said


def test_a_trouble_that_waiting_cannot_cure_is_told_before_the_deadline() -> None:
    with web(lambda seen: Answer(404)) as running:
        said = trouble(Endpoint(f"tcp://{running.netloc}"), 3600)
    assert "wrong port" in said


# certificates


def test_certificates_that_are_missing_are_waited_for_while_nothing_listens(tmp_path: Path) -> None:
    said = trouble(Endpoint(f"tcp://127.0.0.1:{free_port()}", tmp_path / "client"), SHORT)
    assert said.startswith(f"no certificates: {tmp_path}/client/ca.pem is not there or not readable (after")
    assert 'volumes = ["/certs/client", "/cache"]' in said


def test_certificates_that_are_missing_beside_an_open_port_are_told_so(tmp_path: Path) -> None:
    with raw(lambda connection: None) as port:
        said = trouble(Endpoint(f"tcp://127.0.0.1:{port}", tmp_path), SHORT)
    assert f"is not there or not readable, though 127.0.0.1:{port} listens" in said


def test_a_daemon_that_is_called_otherwise_than_in_its_certificate(
    tmp_path: Path, authority: Authority, client: Pair
) -> None:
    folder = client_files(tmp_path / "client", authority, client)
    with over_tls(authority.issue("elsewhere", "DNS:docker"), authority) as running:
        said = trouble(Endpoint(f"tcp://localhost:{running.port}", folder), SHORT)
    assert "name not in certificate: the daemon's certificate is not for 'localhost'" in said
    assert 'DOCKER_TLS_SAN: "DNS:localhost"' in said


def test_stale_certificates_that_are_replaced_during_the_wait_do_no_harm(
    tmp_path: Path, authority: Authority, server: Pair, client: Pair
) -> None:
    stale = Authority(tmp_path / "stale", "ca")
    folder = client_files(tmp_path / "client", stale, stale.issue("client", "DNS:client"))
    told: list[str] = []

    def replace(text: str) -> None:
        told.append(text)
        client_files(folder, authority, client)

    with over_tls(server, authority) as running:
        ready = readiness.wait(Endpoint(f"tcp://localhost:{running.port}", folder), 10, replace)
    assert ready.buildkit
    assert len(told) == 1
    assert "are not those of this daemon" in told[0]


def test_stale_certificates_that_stay_are_named(tmp_path: Path, authority: Authority, server: Pair) -> None:
    stale = Authority(tmp_path / "stale", "ca")
    folder = client_files(tmp_path / "client", stale, stale.issue("client", "DNS:client"))
    with over_tls(server, authority) as running:
        said = trouble(Endpoint(f"tcp://localhost:{running.port}", folder), SHORT)
    assert f"not ready: the certificates in {folder} are not those of this daemon" in said


@pytest.mark.parametrize("name", ["ca.pem", "cert.pem", "key.pem"])
def test_a_file_that_is_half_written_is_waited_for(
    tmp_path: Path, authority: Authority, server: Pair, client: Pair, name: str
) -> None:
    folder = client_files(tmp_path / "client", authority, client)
    (folder / name).write_text("-----BEGIN")
    with over_tls(server, authority) as running:
        endpoint = Endpoint(f"tcp://localhost:{running.port}", folder)
        assert trouble(endpoint, SHORT).startswith("not ready: ")
        healed = threading.Timer(0.3, client_files, (folder, authority, client))
        healed.start()
        assert readiness.wait(endpoint, 10).buildkit
        healed.join()


def test_an_encrypted_key_does_not_ask_the_terminal(
    tmp_path: Path, authority: Authority, server: Pair, client: Pair
) -> None:
    folder = client_files(tmp_path / "client", authority, client)
    command = ["openssl", "pkcs8", "-topk8", "-in", client.key, "-out", folder / "key.pem", "-passout", "pass:secret"]
    subprocess.run(command, check=True, capture_output=True)
    with over_tls(server, authority) as running:
        assert trouble(Endpoint(f"tcp://localhost:{running.port}", folder), SHORT).startswith("not ready: ")


def test_a_client_that_the_daemon_does_not_know_is_not_ready(
    tmp_path: Path, authority: Authority, server: Pair
) -> None:
    stranger = Authority(tmp_path / "stranger", "stranger")
    folder = client_files(tmp_path / "client", authority, stranger.issue("client", "DNS:client"))
    with over_tls(server, authority) as running:
        assert trouble(Endpoint(f"tcp://localhost:{running.port}", folder), SHORT).startswith("not ready: ")


# not ready


def test_a_closed_port_is_not_ready_at_the_deadline() -> None:
    port = free_port()
    said = trouble(Endpoint(f"tcp://127.0.0.1:{port}"), SHORT)
    assert f"not ready: 127.0.0.1:{port}: nothing listens there yet" in said
    assert "CI_DEBUG_SERVICES" in said


@pytest.mark.parametrize("seconds", [0, -1])
def test_without_patience_it_is_asked_once(seconds: float) -> None:
    with raw(lambda connection: connection.recv(1) and None) as port:
        assert "not ready" in trouble(Endpoint(f"tcp://127.0.0.1:{port}"), seconds)


def test_a_port_that_accepts_and_says_nothing_ends_at_the_deadline() -> None:
    released = threading.Event()
    with raw(lambda connection: released.wait(20) and None) as port:
        said = trouble(Endpoint(f"tcp://127.0.0.1:{port}"), SHORT)
        released.set()
    assert f"not ready: 127.0.0.1:{port}: no answer" in said


def test_tls_that_is_not_answered_ends_at_the_deadline(tmp_path: Path, authority: Authority, client: Pair) -> None:
    folder = client_files(tmp_path / "client", authority, client)
    released = threading.Event()
    with raw(lambda connection: released.wait(20) and None) as port:
        said = trouble(Endpoint(f"tcp://localhost:{port}", folder), SHORT)
        released.set()
    assert "not ready: " in said


def test_the_context_of_an_endpoint_checks_chain_and_name(tmp_path: Path, authority: Authority, client: Pair) -> None:
    context = Endpoint("tcp://docker", client_files(tmp_path / "client", authority, client)).tls()
    assert context is not None
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert Endpoint("tcp://docker").tls() is None
