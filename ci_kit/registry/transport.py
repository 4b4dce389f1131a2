"""HTTP to a registry or its token service: kept-alive connections, another try for what may pass, one cause else."""

import http.client
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from ci_kit.errors import TransportError, UnavailableError
from ci_kit.registry.answer import Answer
from ci_kit.registry.network_fault import BODY_LIMIT, explain, too_long
from ci_kit.registry.patience import Patience, is_transient, once
from ci_kit.registry.proxy import address_of, by_way_of, login, proxy_for

_WHO_SENT_US = "look at who sends us there"
_LOOPBACK = re.compile(r"(?:127\.[0-9.]+|localhost|\[::1\])(?::[0-9]+)?\Z", re.ASCII | re.I)
_PLAIN = re.compile(r"[!-~]+\Z", re.ASCII)
_CLOSED_MEANWHILE = (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered; header names are lower-case, the body is bounded (8 MiB)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
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

    def __init__(self, answer: http.client.HTTPResponse, connection: http.client.HTTPConnection, host: str) -> None:
        """Keep the answer, whose connection is ours alone."""
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self._answer = answer
        self._connection = connection
        self._host = host

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end; TransportError when the connection ends before that."""
        try:
            data = self._answer.read(size)
            if not data and self._answer.length:
                raise http.client.IncompleteRead(b"", self._answer.length)
        except (http.client.HTTPException, OSError, ValueError) as error:
            raise explain(error, self._host) from error
        return data

    def close(self) -> None:
        """End the connection, read or not."""
        self._answer.close()
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
        self._connections: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def twin(self, patience: Patience | None = None) -> "Transport":
        """Return a transport with connections of its own, for another thread, and with this patience or another."""
        return Transport(self._contexts, self._proxies, self._timeout, patience or self.patience)

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
        url = address(request.url)
        key = (url.scheme, url.netloc)
        reused = key in self._connections
        try:
            return self._exchange(url, request)
        except (http.client.HTTPException, OSError, ValueError) as error:
            self._drop(key)
            if reused and request.repeatable and isinstance(error, _CLOSED_MEANWHILE):
                return self._send_once(request)
            raise self._explain(error, url) from error
        except BaseException:  # whoever gives the pieces of a body has failed: half of it is sent
            self._drop(key)
            raise

    def stream(self, request: Request) -> Stream:
        """Return the answer to `request`, its body unread, over a connection of its own; TransportError as `send`."""
        url = address(request.url)
        connection = self._open(url)
        try:
            connection.request(request.method, _target(url), headers=dict(request.headers))
            return Stream(connection.getresponse(), connection, url.netloc)
        except (http.client.HTTPException, OSError, ValueError) as error:
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

    def _exchange(self, url: SplitResult, request: Request) -> Response:
        connection = self._connection(url)
        if request.method == "GET" and request.body is None and _is_plain(url, request):
            return self._get(connection, url, request)
        # A proxy that refuses a body answers before it has read it, and closes: the answer is there all the same.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(request.method, _target(url), body=request.body, headers=dict(request.headers))
        # Closed here whatever happens: a server that ends the connection has left its socket to the answer.
        with connection.getresponse() as answer:
            body = answer.read(BODY_LIMIT)
            cut = not answer.isclosed() and answer.length
            kept = answer.isclosed() and not answer.will_close
        if not kept:
            self._drop((url.scheme, url.netloc))
        if len(body) == BODY_LIMIT:
            raise too_long(url.netloc)
        if cut:
            raise http.client.IncompleteRead(b"", cut)
        return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)

    def _get(self, connection: http.client.HTTPConnection, url: SplitResult, request: Request) -> Response:
        """Return the answer to a plain GET; of a thousand small ones http.client would be most of the time."""
        if connection.sock is None:
            connection.connect()
        lines = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in request.headers.items())
        head = f"GET {_target(url)} HTTP/1.1\r\nHost: {url.netloc}\r\nAccept-Encoding: identity\r\n{lines}\r\n"
        connection.sock.sendall(head.encode("latin-1"))
        answer = Answer(connection.sock)
        status, headers, body = answer.read(url.netloc)
        if not answer.kept:
            self._drop((url.scheme, url.netloc))
        return Response(status, headers, body)

    def _explain(self, error: Exception, url: SplitResult) -> TransportError:
        return explain(error, url.netloc + by_way_of(proxy_for(url, self._proxies)))

    def _connection(self, url: SplitResult) -> http.client.HTTPConnection:
        key = (url.scheme, url.netloc)
        if key not in self._connections:
            self._connections[key] = self._open(url)
        return self._connections[key]

    def _open(self, url: SplitResult) -> http.client.HTTPConnection:
        proxy = proxy_for(url, self._proxies)
        if url.scheme == "http":
            return http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=self._timeout)
        context = self._contexts(url.netloc)
        where, default = (address_of(proxy), 80) if proxy else (url, 443)
        made = http.client.HTTPSConnection(
            where.hostname or "", where.port or default, timeout=self._timeout, context=context
        )
        if proxy:
            made.set_tunnel(url.hostname or "", url.port or 443, headers=login(where))
        return made


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


def _is_plain(url: SplitResult, request: Request) -> bool:
    words = (_target(url), url.netloc, *request.headers)
    return all(map(_PLAIN.match, words)) and "@" not in url.netloc


def _one_line(value: str) -> str:
    if "\r" in value or "\n" in value:
        raise http.client.InvalidURL("a header of two lines")
    return value


def _target(url: SplitResult) -> str:
    return (url.path + (f"?{url.query}" if url.query else "")) or "/"


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
