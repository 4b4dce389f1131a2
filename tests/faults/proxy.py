"""A TLS proxy before the rig's registry, its token service and its API, that does what a rule says."""

import contextlib
import http.client
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.faults.rule import Rule, kind_of
from tests.rig import Rig

_PAGE = b"<!DOCTYPE html><html><body>Sign in to continue</body></html>"
_OTHER = f"sha256:{'f' * 64}"
_HOP = ("connection", "transfer-encoding", "keep-alive", "content-length")
STALLED = 7.0  # seconds
_ABRUPTLY = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


class Exchange(NamedTuple):
    """What a client asked and what the other side answered."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


@dataclass
class FaultProxy:
    """A running proxy: `host` is what stands in for the registry's `host:port`; `seen` are the requests by kind."""

    host: str
    rig: Rig
    rules: list[Rule]
    seen: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, kind: str, headers: Mapping[str, str]) -> Rule | None:
        with self.lock:
            self.seen.append(kind)
            return next((rule for rule in self.rules if rule.hits(kind, headers)), None)


class Door:
    """Where proxies of one rig listen: an address that its daemon reaches, with a certificate it trusts."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        prefix = rig.address.rpartition(".")[0]
        self.address = f"{prefix}.250" if rig.host_mode == "root" else f"{prefix}.1"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*_certificate(rig, folder, self.address))
        self.upstream = ssl.create_default_context(cafile=rig.ca)

    @contextmanager
    def open(self, *rules: Rule) -> Iterator[FaultProxy]:
        """Yield a proxy with these rules; connections that are stalled end with it."""
        server = _Server((self.address, 0), _Handler)
        host = f"{self.address}:{server.server_address[1]}"
        server.proxy, server.door = FaultProxy(host, self.rig, list(rules)), self
        trust = Path(self.rig.certs_d, host)
        trust.mkdir()
        shutil.copy(self.rig.ca, trust / "ca.crt")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.proxy
        finally:
            server.proxy.closing.set()
            server.shutdown()
            thread.join()
            server.server_close()
            shutil.rmtree(trust, ignore_errors=True)


def _certificate(rig: Rig, folder: Path, address: str) -> tuple[Path, Path]:
    made, key, request = (folder / f"door.{ending}" for ending in ("crt", "key", "csr"))
    authority = Path(rig.directory, "config/tls")
    extensions = folder / "door.ext"
    extensions.write_text(f"subjectAltName=IP:{address}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    signing = ("-CA", authority / "ca.crt", "-CAkey", authority / "ca.key", "-CAcreateserial", "-days", "3")
    for words in (
        ("req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=door"),
        ("x509", "-req", "-in", request, "-out", made, *signing, "-extfile", extensions),
    ):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
    return made, key


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    proxy: FaultProxy
    door: Door

    def finish_request(self, request: socket.socket, client_address: object) -> None:
        request.settimeout(120)
        with contextlib.suppress(OSError), self.door.context.wrap_socket(request, server_side=True) as wrapped:
            self.RequestHandlerClass(wrapped, client_address, self)  # type: ignore[arg-type]

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    _rule: Rule
    _far: dict[str, http.client.HTTPSConnection]

    def setup(self) -> None:
        super().setup()
        self._far = {}

    def finish(self) -> None:
        for far in self._far.values():
            far.close()
        super().finish()

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        kind = kind_of(self.command, self.path)
        rule = self.server.proxy.fault(kind, headers)
        body = self._body(headers)
        if rule is None:
            self._answer(self._forward(body))
        elif rule.fault.isdigit():
            self._answer(Exchange(int(rule.fault), rule.headers, b"the fault"))
        else:
            self._rule = rule
            _FAULTS[rule.fault](self, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def reset(self, body: bytes) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABRUPTLY)
        self.close_connection = True
        self.connection.close()

    def lost(self, body: bytes) -> None:
        self._forward(body)
        self.reset(body)

    def stall(self, body: bytes) -> None:
        """Say nothing for longer than a client should wait, then hang up, as a balancer does; or never answer."""
        self.server.proxy.closing.wait(STALLED if self._rule.times == 1 else None)
        self.reset(body)

    def truncated(self, body: bytes) -> None:
        """Half of the body, or half of the head where there is none."""
        found = self._forward(body)
        if not found.body or self.command == "HEAD":
            self.wfile.write(b"HTTP/1.1 ")
        else:
            self._answer(found, upto=len(found.body) // 2)
        self.close_connection = True

    def wrong_digest(self, body: bytes) -> None:
        """Other bytes than were sent or stored, or another digest in the head."""
        spoilt = body[:-1] + bytes([body[-1] ^ 1]) if body and "manifest" not in self.path else body
        found = self._forward(spoilt)
        headers = [
            (name, _OTHER if name.lower() == "docker-content-digest" else value) for name, value in found.headers
        ]
        content = found.body
        if self.command == "GET" and content:
            headers, content = list(found.headers), content[:-1] + bytes([content[-1] ^ 1])
        self._answer(Exchange(found.status, headers, content))

    def html(self, body: bytes) -> None:
        self._answer(Exchange(200, (("Content-Type", "text/html"),), _PAGE))

    def redirect(self, body: bytes) -> None:
        self._answer(Exchange(307, (("Location", f"https://{self.headers['Host']}{self.path}"),), b""))

    def expired(self, body: bytes) -> None:
        """What a registry says of a token that has ended."""
        realm = f"https://{self.server.proxy.host}/jwt/auth"
        said = f'Bearer realm="{realm}",service="container_registry",error="invalid_token"'
        text = b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}'
        self._answer(Exchange(401, (("WWW-Authenticate", said), ("Content-Type", "application/json")), text))

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length") or 0))
        body = bytearray()
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return bytes(body)

    def _forward(self, body: bytes) -> Exchange:
        """Ask the registry, or GitLab, as the client did: with the client's Host, so that it is sent back here."""
        rig, is_registry = self.server.proxy.rig, self.path.startswith("/v2/")
        where = rig.registry if is_registry else urlsplit(rig.gitlab).netloc
        far = self._far.setdefault(
            where, http.client.HTTPSConnection(where, timeout=60, context=self.server.door.upstream)
        )
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        if body or self.command in ("POST", "PUT", "PATCH"):
            headers["Content-Length"] = str(len(body))
        far.request(self.command, self.path, body, headers)
        with far.getresponse() as answer:
            content = answer.read()
        realm = (f"{rig.gitlab}/jwt/auth", f"https://{self.server.proxy.host}/jwt/auth")
        kept = [(name, value.replace(*realm)) for name, value in answer.getheaders() if name.lower() not in _HOP]
        length = answer.getheader("Content-Length")
        if self.command == "HEAD" and length:
            kept.append(("X-Length", length))
        return Exchange(answer.status, kept, content)

    def _answer(self, found: Exchange, upto: int | None = None) -> None:
        self.send_response_only(found.status)
        length = str(len(found.body))
        for name, value in found.headers:
            if name == "X-Length":
                length = value
            else:
                self.send_header(name, value)
        if found.status not in (204, 304):
            self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(found.body[:upto])

    def log_message(self, format: str, *args: object) -> None:
        """Tests stay silent."""


_FAULTS: dict[str, Callable[[_Handler, bytes], None]] = {
    "reset": _Handler.reset,
    "lost": _Handler.lost,
    "stall": _Handler.stall,
    "truncated": _Handler.truncated,
    "wrong-digest": _Handler.wrong_digest,
    "html": _Handler.html,
    "redirect": _Handler.redirect,
    "expired": _Handler.expired,
}
