"""One small answer read from a socket: http.client spends four times as long on its headers (through email.parser).

Source: RFC 9112 "HTTP/1.1", sections 3 to 7.
"""

import http.client
import re

from ci_kit.registry.network_fault import BODY_LIMIT, too_long

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: [^\r\n]*)?\r?\n?")
_HEAD_LIMIT = 64 * 1024  # bytes
_WITHOUT_BODY = (204, 304)


class Answer:
    """One answer on a socket; `kept` tells afterwards whether the connection may be used again."""

    def __init__(self, sock: object) -> None:
        """Read nothing yet; `sock` is a socket, or TLS around one."""
        self._sock = sock
        self._buffer = b""
        self.kept = True

    def read(self, host: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body; HTTPException for what is none, TransportError for more than 8 MiB."""
        status = 100
        while status < 200:
            newer, status, headers = self._head()
        tokens = headers.get("connection", "").lower()
        self.kept = newer and "close" not in tokens
        body = b"" if status in _WITHOUT_BODY else self._body(headers, host)
        if self._buffer:  # more than was announced: nobody knows what comes next
            self.kept = False
        return status, headers, body

    def _head(self) -> tuple[bool, int, dict[str, str]]:
        end = _HEAD_END.search(self._buffer)
        while end is None:
            self._more(first=not self._buffer)
            end = _HEAD_END.search(self._buffer)
            if len(self._buffer) > _HEAD_LIMIT and (end is None or end.start() > _HEAD_LIMIT):
                raise http.client.LineTooLong("header")
        head, self._buffer = self._buffer[: end.start() + 1], self._buffer[end.end() :]
        said = _STATUS_LINE.match(head)
        if said is None:
            raise http.client.BadStatusLine(head[:80].decode("latin-1"))
        pairs = (line.partition(":") for line in head[said.end() :].decode("latin-1").split("\n"))
        return said[1] == b"1", int(said[2]), {name.strip().lower(): value.strip() for name, _, value in pairs if name}

    def _body(self, headers: dict[str, str], host: str) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunked(host)
        length = headers.get("content-length", "")
        if length.isdecimal() and len(length) < 16:
            if int(length) >= BODY_LIMIT:
                raise too_long(host)
            return self._take(int(length))
        self.kept = False
        try:
            while len(self._buffer) < BODY_LIMIT:
                self._more()
        except http.client.IncompleteRead:
            body, self._buffer = self._buffer, b""
            return body
        raise too_long(host)

    def _chunked(self, host: str) -> bytes:
        body = bytearray()
        while True:
            size = int(self._line().partition(b";")[0], 16)
            if size < 0 or len(body) + size >= BODY_LIMIT:
                raise too_long(host)
            if size == 0:
                break
            body += self._take(size)
            self._line()
        while self._line():  # trailers
            pass
        return bytes(body)

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            self._more()
            if len(self._buffer) > _HEAD_LIMIT:
                raise http.client.LineTooLong("chunk")
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.strip()

    def _take(self, count: int) -> bytes:
        parts, have = [self._buffer], len(self._buffer)
        while have < count:
            self._buffer = b""
            self._more()
            parts.append(self._buffer)
            have += len(self._buffer)
        whole = b"".join(parts)
        self._buffer = whole[count:]
        return whole[:count]

    def _more(self, first: bool = False) -> None:
        data: bytes = self._sock.recv(65536)  # type: ignore[attr-defined]  # a socket, or TLS around one
        if not data and first:
            raise http.client.RemoteDisconnected("no answer")
        if not data:
            raise http.client.IncompleteRead(b"")
        self._buffer += data
