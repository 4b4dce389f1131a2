"""Small real servers on the loopback, and certificates made by the openssl command."""

import hashlib
import json
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came in; header names are lower-case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What to send; `headers` as pairs, so that a name may come twice.

    `hang_up` closes the connection after it, and before the end of a `chunked` body. `length` may promise too much.
    """

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    hang_up: bool = False
    length: int | None = None
    chunked: bool = False


@dataclass
class Web:
    """A running server: where it is, and what it was asked."""

    netloc: str
    port: int
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0

    def paths(self, method: str = "") -> list[str]:
        return [one.path for one in self.seen if method in ("", one.method)]


@contextmanager
def web(answer: Callable[[Seen], Answer | None], tls: ssl.SSLContext | None = None) -> Iterator[Web]:
    """Serve `answer` by HTTP/1.1 with kept-alive connections; None hangs up without a word."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.answer, server.tls = answer, tls
    server.web = Web(f"127.0.0.1:{server.server_port}", server.server_port)
    with _in_thread(server):
        yield server.web


@contextmanager
def raw(handle: Callable[[socket.socket], None], family: Any = socket.AF_INET, address: Any = None) -> Iterator[int]:
    """Give each connection to `handle` and close it afterwards; yields the port (0 for a unix socket)."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                handle(self.request)

    class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
        address_family = family
        allow_reuse_address = True
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Clients that go away are part of the tests."""

    server = Server(address or ("127.0.0.1", 0), Handler)
    with _in_thread(server):
        yield server.server_address[1] if family == socket.AF_INET else 0


@contextmanager
def _in_thread(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    answer: Callable[[Seen], Answer | None]
    tls: ssl.SSLContext | None
    web: Web

    def finish_request(self, request: Any, client_address: Any) -> None:
        self.web.connections += 1
        if self.tls:
            request.settimeout(10)
            with suppress(OSError), self.tls.wrap_socket(request, server_side=True) as wrapped:
                super().finish_request(wrapped, client_address)
            return
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes
    server: _Server

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, self._body())
        self.server.web.seen.append(seen)
        answer = self.server.answer(seen)
        if answer is None:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"%x\r\n%s\r\n" % (len(answer.body), answer.body) if answer.chunked else answer.body)
        if answer.chunked and not answer.hang_up:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = answer.hang_up

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Tests stay silent."""


CONFIG = "application/vnd.oci.image.config.v1+json"


class Store:
    """A registry without login that holds what was put into it, and lists a tag that vanished."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, document: object, *names: str) -> str:
        text = document if isinstance(document, bytes) else json.dumps(document).encode()
        digest = f"sha256:{hashlib.sha256(text).hexdigest()}"
        for name in (digest, *names):
            self.kept[name] = text
        return digest

    def image(
        self,
        *names: str,
        created: object = "2026-01-02T03:04:05Z",
        size: int = 100,
        labels: Mapping[str, str] = MappingProxyType({"a": "b"}),
    ) -> str:
        config = {"os": "linux", "architecture": "amd64", "created": created, "config": {"Labels": dict(labels)}}
        layers = [{"digest": f"sha256:{'1' * 64}", "size": size}, {"digest": f"sha256:{'1' * 64}", "size": size}]
        pinned = {"mediaType": CONFIG, "digest": self.put(config), "size": 7}
        return self.put({"config": pinned, "layers": layers}, *names)

    def __call__(self, seen: Seen) -> Answer:
        last = seen.path.rpartition("/")[2]
        if seen.path == "/v2/":
            return Answer(200, b"{}", (("Docker-Distribution-Api-Version", "registry/2.0"),))
        if last.startswith("list"):
            names = [name for name in self.kept if not name.startswith("sha256:")]
            return Answer(200, json.dumps({"tags": [*names, "vanished"]}).encode())
        if seen.method == "PUT":
            self.put(seen.body, last)
            return Answer(201)
        if last not in self.kept:
            return Answer(404)
        digest = f"sha256:{hashlib.sha256(self.kept[last]).hexdigest()}"
        return Answer(200, self.kept[last], (("Docker-Content-Digest", digest),))


def free_port() -> int:
    """A port on which nothing listened a moment ago."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key."""

    certificate: Path
    key: Path

    def server(self, ca: Path | None = None) -> ssl.SSLContext:
        """The context of a server; with `ca` it wants a certificate of the client, as dockerd does."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.certificate, self.key)
        if ca:
            made.load_verify_locations(ca)
            made.verify_mode = ssl.CERT_REQUIRED
        return made


class Authority:
    """A CA in `folder`; `legacy` leaves out keyUsage, as docker:dind did before May 2025."""

    def __init__(self, folder: Path, name: str, *, legacy: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
        usage = () if legacy else ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
        _openssl(
            "req", "-x509", *_NEW_KEY, "-keyout", self.pair.key, "-out", self.pair.certificate, "-days", "3",
            "-subj", f"/CN={name}", *usage,
        )  # fmt: skip

    @property
    def certificate(self) -> Path:
        return self.pair.certificate

    def issue(self, name: str, *names: str, days: int = 3) -> Pair:
        """A certificate called `name` for `names` (`DNS:…`, `IP:…`); a negative `days` has passed already."""
        pair = Pair(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={','.join(names)}\nextendedKeyUsage=serverAuth,clientAuth\n")
        _openssl("req", *_NEW_KEY, "-keyout", pair.key, "-out", request, "-subj", f"/CN={name}")
        _openssl(
            "x509", "-req", "-in", request, "-out", pair.certificate, "-days", str(days), "-extfile", extensions,
            "-CA", self.certificate, "-CAkey", self.pair.key, "-CAcreateserial",
        )  # fmt: skip
        return pair


def self_signed(folder: Path, names: str) -> Pair:
    pair = Pair(folder / "alone.pem", folder / "alone.key")
    _openssl(
        "req", "-x509", *_NEW_KEY, "-keyout", pair.key, "-out", pair.certificate, "-days", "3", "-subj", "/CN=alone",
        "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE",
    )  # fmt: skip
    return pair


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
