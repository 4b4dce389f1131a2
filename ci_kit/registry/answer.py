"""One answer read from a socket: http.client takes 25 ms to import, and four times as long on headers (email.parser).

Source: RFC 9112 "HTTP/1.1", sections 3 to 7.
"""

import re
import ssl
from socket import socket

from ci_kit.registry.network_fault import BODY_LIMIT, Garbled, Incomplete, NoAnswer, too_long

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: [^\r\n]*)?\r?\n?")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}\Z")
_HEAD_LIMIT = 64 * 1024  # bytes
_PIECE = 64 * 1024  # bytes
_WITHOUT_BODY = (204, 304)


class Answer:
    """One answer on a socket; `kept` tells when its body is read whether the connection may be used again."""

    def __init__(self, sock: socket | ssl.SSLSocket, method: str = "GET") -> None:
        """Read the head; NoAnswer or Garbled when there is none."""
        self._sock = sock
        self._buffer = b""
        self._is_chunked = False
        self._left: int | None = 0  # bytes of the body, or of this chunk; None: up to the end of the connection
        self.status = 100
        while self.status < 200:
            newer, self.status, self.headers = self._head()
        self.kept = newer and "close" not in self.headers.get("connection", "").lower()
        if method != "HEAD" and self.status not in _WITHOUT_BODY:
            self._measure()

    def body(self, host: str) -> bytes:
        """Return all of the body; TransportError for more than 8 MiB, Incomplete where it was cut."""
        if (self._left or 0) >= BODY_LIMIT:
            raise too_long(host)
        parts, have = list[bytes](), 0
        while piece := self.some(_PIECE):
            parts.append(piece)
            have += len(piece)
            if have >= BODY_LIMIT:
                raise too_long(host)
        if self._buffer:  # more than was announced: nobody knows what comes next
            self.kept = False
        return b"".join(parts)

    def some(self, size: int) -> bytes:
        """Return up to `size` bytes that come next, none at the end; Incomplete when the connection ends before."""
        if self._is_chunked and self._left == 0:
            self._next_chunk()
        if self._left == 0:
            return b""
        if not self._buffer:
            self._more(at_end=self._left is None)
        count = size if self._left is None else min(size, self._left)
        piece, self._buffer = self._buffer[:count], self._buffer[count:]
        if self._left is not None:
            self._left -= len(piece)
        return piece

    def _head(self) -> tuple[bool, int, dict[str, str]]:
        end = _HEAD_END.search(self._buffer)
        while end is None:
            self._more(first=not self._buffer)
            end = _HEAD_END.search(self._buffer)
            if len(self._buffer) > _HEAD_LIMIT and (end is None or end.start() > _HEAD_LIMIT):
                raise Garbled("a head without end")
        head, self._buffer = self._buffer[: end.start() + 1], self._buffer[end.end() :]
        said = _STATUS_LINE.match(head)
        if said is None:
            raise Garbled("this is not HTTP")
        headers = dict[str, str]()
        for line in head[said.end() :].decode("latin-1").split("\n"):
            name, _, value = line.partition(":")
            if name:
                headers[name.strip().lower()] = value.strip()
        return said[1] == b"1", int(said[2]), headers

    def _measure(self) -> None:
        length = self.headers.get("content-length", "")
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            self._is_chunked = True
            self._begin_chunk()
        elif length.isdecimal() and len(length) < 16:
            self._left = int(length)
        else:
            self._left, self.kept = None, False

    def _next_chunk(self) -> None:
        self._line()  # that ends the chunk before
        self._begin_chunk()

    def _begin_chunk(self) -> None:
        size = self._line().partition(b";")[0].strip()
        if not _SIZE.match(size):
            raise Garbled("a chunk without a size")
        self._left = int(size, 16)
        if self._left == 0:
            self._is_chunked = False
            while self._line():  # trailers
                pass

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            self._more()
            if len(self._buffer) > _HEAD_LIMIT:
                raise Garbled("a chunk without end")
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.strip()

    def _more(self, *, first: bool = False, at_end: bool = False) -> None:
        """Wait for more; `first` tells that nothing came yet, `at_end` that the end may be now."""
        data = self._sock.recv(_PIECE)
        if not data and at_end:
            self._left = 0
        elif not data:
            raise NoAnswer if first else Incomplete("cut short")
        self._buffer += data
