"""A transport for thousands of small answers: less work for each, and patience with a registry that wants less.

http.client spends most of a small answer's time on its headers (through email.parser), four times what is spent here.
Sources: RFC 9112 "HTTP/1.1", sections 3 to 7; RFC 9110 "HTTP Semantics", section 10.2.3 "Retry-After".
"""

import http.client
import re
import threading
import time
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult

from ci_kit.registry.transport import BODY_LIMIT, Request, Response, Transport, too_long

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9][0-9])(?: [^\r\n]*)?\r?\n?")
_PLAIN = re.compile(r"[!-~]+\Z", re.ASCII)
_HEAD_LIMIT = 64 * 1024  # bytes
_WITHOUT_BODY = (204, 304)
_TRIES = 6
_LONGEST_WAIT = 60.0  # seconds; who asks for more is told to the user instead


@dataclass
class Pause:
    """Until when all connections to a registry keep still; shared by the threads."""

    until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def extend(self, seconds: float) -> None:
        """Keep still for `seconds` from now on, at least."""
        with self.lock:
            self.until = max(self.until, time.monotonic() + seconds)

    def wait(self) -> None:
        """Return when the pause is over."""
        while (left := self.until - time.monotonic()) > 0:
            time.sleep(left)


class QuickTransport(Transport):
    """A transport whose GETs cost little; a 429 or 503 that says Retry-After is obeyed, up to a minute at a time."""

    pause: Pause

    def twin(self) -> "QuickTransport":
        """Return a transport with connections of its own, which keeps still when this one does."""
        made = QuickTransport(self._contexts, self._proxies, self._timeout)
        made.pause = self._shared_pause()
        return made

    def send(self, request: Request) -> Response:
        """Return the answer as Transport does; what is to be asked again later is asked again."""
        pause = self._shared_pause()
        for number in range(_TRIES):
            pause.wait()
            response = super().send(request)
            seconds = _wanted(response, number)
            if seconds is None or seconds > _LONGEST_WAIT:
                break
            pause.extend(seconds)
        return response

    def _shared_pause(self) -> Pause:
        if not hasattr(self, "pause"):
            self.pause = Pause()
        return self.pause

    def _exchange(self, url: SplitResult, request: Request) -> Response:
        target = url.path + (f"?{url.query}" if url.query else "")
        words = (target or "/", url.netloc, *request.headers)
        if request.method != "GET" or request.body is not None or not all(map(_PLAIN.match, words)) or "@" in words[1]:
            return super()._exchange(url, request)
        connection = self._connection(url)
        if connection.sock is None:
            connection.connect()
        headers = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in request.headers.items())
        head = f"GET {words[0]} HTTP/1.1\r\nHost: {url.netloc}\r\nAccept-Encoding: identity\r\n{headers}\r\n"
        connection.sock.sendall(head.encode("latin-1"))
        answer = _Answer(connection.sock)
        response = answer.read(url.netloc)
        if not answer.kept:
            self._drop((url.scheme, url.netloc))
        return response


class _Answer:
    """One answer on a socket; `kept` tells afterwards whether the connection may be used again."""

    def __init__(self, sock: object) -> None:
        self._sock = sock
        self._buffer = b""
        self.kept = True

    def read(self, host: str) -> Response:
        """Return the answer; HTTPException for what is none, TransportError for one of more than 8 MiB."""
        status = 100
        while status < 200:
            newer, status, headers = self._head()
        tokens = headers.get("connection", "").lower()
        self.kept = newer and "close" not in tokens
        body = b"" if status in _WITHOUT_BODY else self._body(headers, host)
        if self._buffer:  # more than was announced: nobody knows what comes next
            self.kept = False
        return Response(status, headers, body)

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


def _wanted(response: Response, number: int) -> float | None:
    """Return the seconds that a registry wants to be left alone, None when it has answered."""
    if response.status == 429:
        return _seconds(response.headers.get("retry-after", ""), 0.5 * 2**number)
    if response.status == 503 and "retry-after" in response.headers:
        return _seconds(response.headers["retry-after"], _LONGEST_WAIT + 1)
    return None


def _seconds(said: str, otherwise: float) -> float:
    if said.isdecimal() and len(said) < 10:
        return float(said)
    try:
        return max(parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return otherwise


def _one_line(value: str) -> str:
    if "\r" in value or "\n" in value:
        raise http.client.InvalidURL("a header of two lines")
    return value
