"""HTTP to a registry or its token service: kept-alive connections, and one cause for each failure."""

import base64
import http.client
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from ci_kit.errors import TransportError

_WHO_SENT_US = "look at who sends us there"
BODY_LIMIT = 8 * 1024 * 1024
_LOOPBACK = re.compile(r"(?:127\.[0-9.]+|localhost|\[::1\])(?::[0-9]+)?\Z", re.ASCII | re.I)
# verify codes of OpenSSL (man x509_verify_cert, "Diagnostics")
_CERTIFICATE_FAULTS = {
    9: ("is not yet valid", "check this machine's clock, then the server's certificate"),
    10: ("has expired", "renew the server's certificate"),
    18: ("is self-signed and not trusted", "give its CA in CI_KIT_CA or CI_SERVER_TLS_CA_FILE"),
    19: ("is signed by a CA that is not trusted", "give the CA in CI_KIT_CA or CI_SERVER_TLS_CA_FILE"),
    20: ("is signed by a CA that is not trusted", "give the CA in CI_KIT_CA or CI_SERVER_TLS_CA_FILE"),
    21: ("has an incomplete chain", "let the server send the intermediate certificate too"),
    62: ("is for another name", "reissue it with this name in subjectAltName"),
    64: ("is for another address", "reissue it with this address in subjectAltName"),
}
_CLOSED_MEANWHILE = (http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered; header names are lower-case, the body is bounded (8 MiB)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `body` is sent as it is. Pieces need a Content-Length among `headers`, and are sent once only."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | Iterator[bytes] | None = None

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent again: pieces are gone once they are read."""
        return self.body is None or isinstance(self.body, bytes)


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
    ) -> None:
        """`contexts` gives the TLS context for `host[:port]`; `proxies` is scheme -> URL plus `no` -> hosts."""
        self._contexts = contexts
        self._proxies = proxies or {}
        self._timeout = timeout
        self._connections: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def twin(self) -> "Transport":
        """Return a transport with connections of its own, for another thread."""
        return Transport(self._contexts, self._proxies, self._timeout)

    def send(self, request: Request) -> Response:
        """Return the answer, whatever its status; TransportError names why there is none.

        A kept-alive connection that the server has closed meanwhile is opened again once.
        """
        url = address(request.url)
        key = (url.scheme, url.netloc)
        reused = key in self._connections
        try:
            return self._exchange(url, request)
        except (http.client.HTTPException, OSError, ValueError) as error:
            self._drop(key)
            if reused and request.repeatable and isinstance(error, _CLOSED_MEANWHILE):
                return Transport.send(self, request)
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

    def _explain(self, error: Exception, url: SplitResult) -> TransportError:
        return explain(error, url.netloc + _by_way_of(_proxy_for(url, self._proxies)))

    def _connection(self, url: SplitResult) -> http.client.HTTPConnection:
        key = (url.scheme, url.netloc)
        if key not in self._connections:
            self._connections[key] = self._open(url)
        return self._connections[key]

    def _open(self, url: SplitResult) -> http.client.HTTPConnection:
        proxy = _proxy_for(url, self._proxies)
        if url.scheme == "http":
            return http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=self._timeout)
        context = self._contexts(url.netloc)
        where, default = (_address_of(proxy), 80) if proxy else (url, 443)
        made = http.client.HTTPSConnection(
            where.hostname or "", where.port or default, timeout=self._timeout, context=context
        )
        if proxy:
            made.set_tunnel(url.hostname or "", url.port or 443, headers=_login(where))
        return made


def proxies_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the proxy of each scheme, and the hosts without one under `no`; lower-case names win."""
    names = (("http", "http_proxy"), ("https", "https_proxy"), ("no", "no_proxy"))
    found = {key: environ.get(name) or environ.get(name.upper(), "") for key, name in names}
    return {key: value for key, value in found.items() if value}


def scheme_of(registry: str) -> str:
    """Return the scheme of a registry: https, but http on the loopback, as docker allows it there."""
    return "http" if is_loopback(registry) else "https"


def is_loopback(host: str) -> bool:
    """Tell whether `host[:port]` is this machine by its very spelling; `127.0.0.1.example.com` is not."""
    return bool(_LOOPBACK.match(host))


def speaks_plain(error: ssl.SSLError) -> bool:
    """Tell whether a handshake failed because the other side knows no TLS; OpenSSL 3.4 words it differently."""
    return any(
        words in str(error) for words in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "record layer failure")
    )


def explain(error: Exception, host: str) -> TransportError:
    """Return the failure that `error` means for whoever wanted to talk to `host`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        fault, hint = _CERTIFICATE_FAULTS.get(
            error.verify_code, (f"is refused: {error.verify_message}", "check the certificate and its chain")
        )
        return TransportError(f"{host}: the certificate {fault}", hint=hint)
    if isinstance(error, ssl.SSLError) and speaks_plain(error):
        return TransportError(f"{host} speaks plain HTTP, not TLS", hint="check the port, or put TLS before it")
    message, hint = _network_fault(error, host)
    return TransportError(message, hint=hint)


def too_long(host: str) -> TransportError:
    """Return the failure for an answer that no registry gives."""
    return TransportError(f"{host} answers with more than 8 MiB", hint="check what the address leads to")


def _network_fault(error: Exception, host: str) -> tuple[str, str]:
    if isinstance(error, socket.gaierror):
        return f"{host}: this name has no address", "check the spelling and the DNS of this machine"
    if isinstance(error, ConnectionRefusedError):
        return f"{host}: nothing listens there", "check the port, and that the registry runs"
    if isinstance(error, TimeoutError):
        return f"{host}: no answer in time", "check firewall and load, then try again"
    if isinstance(error, http.client.InvalidURL | UnicodeError):
        return f"{host}: this is no address that can be asked", "correct it where it is said"
    if isinstance(error, http.client.IncompleteRead):
        return f"{host}: closed the connection in the middle of an answer", "look at the log of the proxy before it"
    if isinstance(error, http.client.HTTPException):
        return f"{host}: closed the connection without an answer", "look at the log of the proxy before the registry"
    return f"{host}: {error.strerror or error if isinstance(error, OSError) else error}", "check the network"


def _proxy_for(url: SplitResult, proxies: Mapping[str, str]) -> str:
    host = url.hostname or ""
    without = [name.strip().lower().lstrip("*.") or "*" for name in proxies.get("no", "").split(",") if name.strip()]
    if any(name == "*" or name in (host, url.netloc) or host.endswith(f".{name}") for name in without):
        return ""
    return proxies.get(url.scheme, "") if url.scheme == "https" else ""


def follow(base: str, location: str) -> str:
    """Return where `location` leads from `base`; TransportError when that is no address."""
    try:
        return urljoin(base, location)
    except ValueError as error:
        raise TransportError(f"{location[:120]!r} is no address that can be asked", hint=_WHO_SENT_US) from error


def _target(url: SplitResult) -> str:
    return (url.path + (f"?{url.query}" if url.query else "")) or "/"


def _address_of(proxy: str) -> SplitResult:
    return urlsplit(proxy if "://" in proxy else f"http://{proxy}")


def _by_way_of(proxy: str) -> str:
    return f" through the proxy {_address_of(proxy).netloc.rpartition('@')[2]}" if proxy else ""


def _login(proxy: SplitResult) -> dict[str, str]:
    """Return the header that a proxy with a user in its address wants."""
    if not proxy.username:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


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
