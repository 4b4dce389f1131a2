"""A connection to one server, direct or through a proxy, for one request after the other.

Sources: RFC 9112 "HTTP/1.1"; RFC 9110 "HTTP Semantics", section 9.3.6 "CONNECT".
"""

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import cast
from urllib.parse import SplitResult

from ci_kit.registry.answer import Answer
from ci_kit.registry.network_fault import Unsendable
from ci_kit.registry.proxy import address_of, login
from ci_kit.registry.trust import Narrow

_VISIBLE = re.compile(r"[!-~]+\Z", re.ASCII)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z", re.ASCII)
_LABELS = re.compile(r"[!-\-/-~]{1,63}(?:\.[!-\-/-~]{1,63})*\.?\Z", re.ASCII)
_WITH_BODY = ("PATCH", "POST", "PUT")
_SMALL = 64 * 1024  # bytes that go out with the head


Sessions = dict[str, tuple[ssl.SSLContext, ssl.SSLSession]]  # by `host[:port]`; of use to that context only


class Connection:
    """A socket, or TLS around one, that is opened with the first request."""

    def __init__(
        self,
        url: SplitResult,
        timeout: float,
        context: ssl.SSLContext | None = None,
        proxy: str = "",
        sessions: Sessions | None = None,
    ) -> None:
        """Keep where to; `context` for https, `timeout` in seconds of silence. Nothing is opened yet.

        `sessions` are shared by connections of one context: the second handshake with a host costs a tenth of the CPU.
        """
        self._sessions = {} if sessions is None else sessions
        self._url = url
        self._timeout = timeout
        self._context = context.wider() if isinstance(context, Narrow) and url.netloc in context.refused else context
        self._proxy = proxy
        self._sock: socket.socket | ssl.SSLSocket | None = None

    def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | Iterator[bytes] | None = None
    ) -> Answer:
        """Send a request and return the head of its answer; OSError or Garbled, Unsendable before anything is sent.

        A body in pieces needs its Content-Length among the headers.
        """
        head = self._head(method, target, headers, body)
        is_new = self._sock is None
        sock = self._sock or self._connect()
        # A proxy that refuses a body answers before it has read it, and closes: the answer is there all the same.
        with suppress(BrokenPipeError, ConnectionResetError):
            _send(sock, head, body)
        answer = Answer(sock, method)
        if is_new and isinstance(sock, ssl.SSLSocket) and sock.session:  # TLS 1.3 gives it with the first answer
            self._sessions[self._url.netloc] = (sock.context, sock.session)
        return answer

    def close(self) -> None:
        """Close it; the next request would open it again."""
        if self._sock:
            self._sock.close()
            self._sock = None

    def _head(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | Iterator[bytes] | None
    ) -> bytes:
        lines = [f"{method} {_visible(target)} HTTP/1.1", f"Host: {_host(self._url)}", "Accept-Encoding: identity"]
        if isinstance(body, bytes) or (body is None and method in _WITH_BODY):
            lines.append(f"Content-Length: {len(body or b'')}")
        lines += [f"{_name(name)}: {_one_line(value)}" for name, value in headers.items()]
        return "\r\n".join((*lines, "", "")).encode("latin-1")

    def _connect(self) -> socket.socket | ssl.SSLSocket:
        where = address_of(self._proxy) if self._proxy else self._url
        port = where.port or (443 if self._context and not self._proxy else 80)
        made = socket.create_connection((_bare(where.hostname or ""), port), self._timeout)
        try:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._proxy:
                self._tunnel(made, where)
            self._sock = self._secured(made) if self._context else made
        except ssl.SSLCertVerificationError:
            made.close()
            if not isinstance(self._context, Narrow):
                raise
            self._context.refused.add(self._url.netloc)
            self._context = self._context.wider()
            return self._connect()
        except BaseException:
            made.close()
            raise
        return self._sock

    def _secured(self, made: socket.socket) -> ssl.SSLSocket:
        assert self._context
        context, session = self._sessions.get(self._url.netloc, (None, None))
        known = session if context is self._context else None
        return self._context.wrap_socket(made, server_hostname=_bare(self._url.hostname or ""), session=known)

    def _tunnel(self, made: socket.socket, proxy: SplitResult) -> None:
        """Let the proxy connect us; OSError with its status when it does not."""
        to = f"{_host(self._url).rpartition('@')[2]}{'' if self._url.port else ':443'}"
        lines = (f"CONNECT {to} HTTP/1.1", f"Host: {to}", *(f"{name}: {value}" for name, value in login(proxy).items()))
        made.sendall("\r\n".join((*lines, "", "")).encode("latin-1"))
        status = Answer(made, "HEAD").status  # what follows the head of a 200 is the tunnel
        if status != 200:
            raise OSError(f"Tunnel connection failed: {status}")


def _send(sock: socket.socket | ssl.SSLSocket, head: bytes, body: bytes | Iterator[bytes] | None) -> None:
    if isinstance(body, bytes) and len(body) <= _SMALL:
        sock.sendall(head + body)
        return
    sock.sendall(head)
    for piece in (body,) if isinstance(body, bytes) else body or ():
        sock.sendall(piece)


def _host(url: SplitResult) -> str:
    host = url.netloc.rpartition("@")[2]
    return _visible(host if host.isascii() else host.encode("idna").decode())


def _bare(host: str) -> str:
    """Return a name so that socket and ssl take it as it is: for text they import the codec of other alphabets.

    What that codec refuses is left to it.
    """
    return cast(str, host.encode()) if _LABELS.match(host) else host


def _visible(text: str) -> str:
    if not _VISIBLE.match(text):
        raise Unsendable("an address with blanks or letters that do not travel")
    return text


def _name(name: str) -> str:
    if not _NAME.match(name):
        raise Unsendable("a header without a name")
    return name


def _one_line(value: str) -> str:
    if "\r" in value or "\n" in value:
        raise Unsendable("a header of two lines")
    return value
