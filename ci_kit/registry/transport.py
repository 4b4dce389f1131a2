"""HTTP to a registry or its token service: kept-alive connections, another try for what may pass, one cause else."""

import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from ci_kit.errors import TransportError, UnavailableError
from ci_kit.registry.answer import Answer
from ci_kit.registry.connection import Connection, Sessions
from ci_kit.registry.network_fault import Garbled, Incomplete, explain
from ci_kit.registry.patience import Patience, is_transient, once
from ci_kit.registry.proxy import by_way_of, proxy_for

_WHO_SENT_US = "look at who sends us there"
_SERVER = re.compile(r"https?://[^/?#\s]+", re.I)
_LOOPBACK = re.compile(r"(?:127\.[0-9.]+|localhost|\[::1\])(?::[0-9]+)?\Z", re.ASCII | re.I)
_CLOSED_MEANWHILE = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class Response(NamedTuple):
    """What a server answered; header names are lower-case, the body is bounded (8 MiB)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Request(NamedTuple):
    """One request; `body` is sent as it is. Pieces need a Content-Length among `headers`, and are sent once only.

    Without `again` all is sent once only.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | Iterator[bytes] | None = None
    again: bool = True

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again: pieces are gone once they are read."""
        return self.again and (self.body is None or isinstance(self.body, bytes))


class Stream:
    """An answer whose body is read piece by piece; whoever opened it closes it."""

    def __init__(self, answer: Answer, connection: Connection, host: str) -> None:
        """Keep the answer, whose connection is ours alone."""
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer
        self._connection = connection
        self._host = host

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer at the end; TransportError when the connection ends before that."""
        parts, left = list[bytes](), size
        try:
            while left and (piece := self._answer.some(left)):
                parts.append(piece)
                left -= len(piece)
        except (Garbled, OSError, ValueError) as error:
            if not parts or not isinstance(error, Incomplete):
                raise explain(error, self._host) from error
        return b"".join(parts)

    def close(self) -> None:
        """End the connection, read or not."""
        self._connection.close()


class Transport:
    """Connections by host, kept alive; not for several threads at once. `close` ends them."""

    def __init__(
        self,
        contexts: Callable[[str], ssl.SSLContext],
        proxies: Mapping[str, str] | None = None,
        timeout: float = 30.0,
        patience: Patience | None = None,
    ) -> None:
        """`contexts` gives the TLS context for `host[:port]`; `proxies` is scheme -> URL plus `no` -> hosts.

        `timeout` is the seconds a server may be silent. Without `patience` nothing is asked twice.
        """
        self.patience = patience or once()
        self._contexts = contexts
        self._proxies = proxies or {}
        self._timeout = timeout
        self._connections: dict[tuple[str, str], Connection] = {}
        self._sessions: Sessions = {}

    def twin(self, patience: Patience | None = None) -> "Transport":
        """Return a transport with connections of its own, for another thread, and with this patience or another."""
        made = Transport(self._contexts, self._proxies, self._timeout, patience or self.patience)
        made._sessions = self._sessions
        return made

    def send(self, request: Request) -> Response:
        """Return the last answer, whatever its status; TransportError names why there is none.

        What may pass is asked again as `patience` has it, unless the body is gone.
        """
        tries = self.patience.tries()
        while True:
            self.patience.keep_still()
            try:
                response = self._send_once(request)
            except UnavailableError:
                if request.repeatable and tries.again():
                    continue
                raise
            passes = request.repeatable and is_transient(response.status, response.body)
            if not passes or not tries.again(response.headers):
                return response

    def _send_once(self, request: Request) -> Response:
        """Return the answer; a kept-alive connection that the server has closed meanwhile is opened again once."""
        url, target = _divided(request.url)
        key = (url.scheme, url.netloc)
        reused = key in self._connections
        try:
            return self._exchange(url, target, request)
        except (Garbled, OSError, ValueError) as error:
            self._drop(key)
            if reused and request.repeatable and isinstance(error, _CLOSED_MEANWHILE):
                return self._send_once(request)
            raise self._explain(error, url) from error
        except BaseException:  # whoever gives the pieces of a body has failed: half of it is sent
            self._drop(key)
            raise

    def stream(self, request: Request) -> Stream:
        """Return the answer to `request`, its body unread, over a connection of its own; TransportError as `send`."""
        url, target = _divided(request.url)
        connection = self._open(url)
        try:
            return Stream(connection.ask(request.method, target, request.headers), connection, url.netloc)
        except (Garbled, OSError, ValueError) as error:
            connection.close()
            raise self._explain(error, url) from error

    def close(self) -> None:
        """Close every connection; the next request opens new ones."""
        for key in list(self._connections):
            self._drop(key)

    def _drop(self, key: tuple[str, str]) -> None:
        connection = self._connections.pop(key, None)
        if connection:
            connection.close()

    def _exchange(self, url: SplitResult, target: str, request: Request) -> Response:
        answer = self._connection(url).ask(request.method, target, request.headers, request.body)
        body = answer.body(url.netloc)
        if not answer.kept:
            self._drop((url.scheme, url.netloc))
        return Response(answer.status, answer.headers, body)

    def _explain(self, error: Exception, url: SplitResult) -> TransportError:
        return explain(error, url.netloc + by_way_of(proxy_for(url, self._proxies)))

    def _connection(self, url: SplitResult) -> Connection:
        key = (url.scheme, url.netloc)
        if key not in self._connections:
            self._connections[key] = self._open(url)
        return self._connections[key]

    def _open(self, url: SplitResult) -> Connection:
        if url.scheme == "http":
            return Connection(url, self._timeout)
        proxy = proxy_for(url, self._proxies)
        return Connection(url, self._timeout, self._contexts(url.netloc), proxy, self._sessions)


def scheme_of(registry: str) -> str:
    """Return the scheme of a registry: https, but http on the loopback, as docker allows it there."""
    return "http" if is_loopback(registry) else "https"


def is_loopback(host: str) -> bool:
    """Tell whether `host[:port]` is this machine by its very spelling; `127.0.0.1.example.com` is not."""
    return bool(_LOOPBACK.match(host))


def follow(base: str, location: str) -> str:
    """Return where `location` leads from `base`; TransportError when that is no address."""
    try:
        return urljoin(base, location)
    except ValueError as error:
        raise TransportError(f"{location[:120]!r} is no address that can be asked", hint=_WHO_SENT_US) from error


def _divided(text: str) -> tuple[SplitResult, str]:
    """Return the address of a server, and what is asked there; TransportError as for `address`."""
    found = _SERVER.match(text)
    if found is None:
        return address(text), "/"
    rest = text[found.end() :].partition("#")[0]
    return address(found[0]), rest if rest.startswith("/") else f"/{rest}"


@lru_cache(maxsize=64)  # a thousand requests go to two servers
def address(text: str) -> SplitResult:
    """Return a web address in its parts; TransportError for what is neither http nor https, or names no host."""
    try:
        url = urlsplit(text)
        known = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        known = False
    if not known:
        raise TransportError(f"{text[:120]!r} is no address that can be asked", hint=_WHO_SENT_US)
    return url
