"""HTTP to a registry or its token service: kept-alive connections, and one cause for each failure."""

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from ci_kit.errors import TransportError

_BODY_LIMIT = 8 * 1024 * 1024
_LOOPBACK = ("127.", "localhost", "[::1]")
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


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered; header names are lower-case, the body is bounded (8 MiB)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `body` is sent as it is."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


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

    def send(self, request: Request) -> Response:
        """Return the answer, whatever its status; TransportError names why there is none.

        A kept-alive connection that the server has closed meanwhile is opened again once.
        """
        url = urlsplit(request.url)
        key = (url.scheme, url.netloc)
        reused = key in self._connections
        try:
            return self._exchange(url, request)
        except (http.client.HTTPException, OSError, ValueError) as error:
            self._drop(key)
            if reused and isinstance(error, http.client.RemoteDisconnected | ConnectionError):
                return self.send(request)
            raise explain(error, url.netloc) from error

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
        target = url.path + (f"?{url.query}" if url.query else "")
        connection.request(request.method, target, body=request.body, headers=dict(request.headers))
        answer = connection.getresponse()
        body = answer.read(_BODY_LIMIT)
        if answer.will_close or not answer.isclosed():
            self._drop((url.scheme, url.netloc))
        return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)

    def _connection(self, url: SplitResult) -> http.client.HTTPConnection:
        key = (url.scheme, url.netloc)
        if key not in self._connections:
            self._connections[key] = self._open(url)
        return self._connections[key]

    def _open(self, url: SplitResult) -> http.client.HTTPConnection:
        proxy = _proxy_for(url, self._proxies)
        where = urlsplit(proxy if "://" in proxy else f"http://{proxy}") if proxy else url
        host, port = where.hostname or "", where.port
        if url.scheme == "http":
            return http.client.HTTPConnection(host, port or 80, timeout=self._timeout)
        context = self._contexts(url.netloc)
        made = http.client.HTTPSConnection(host, port or 443, timeout=self._timeout, context=context)
        if proxy:
            made.set_tunnel(url.hostname or "", url.port or 443)
        return made


def proxies_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the proxy of each scheme, and the hosts without one under `no`; lower-case names win."""
    names = (("http", "http_proxy"), ("https", "https_proxy"), ("no", "no_proxy"))
    found = {key: environ.get(name) or environ.get(name.upper(), "") for key, name in names}
    return {key: value for key, value in found.items() if value}


def scheme_of(registry: str) -> str:
    """Return the scheme of a registry: https, but http on the loopback, as docker allows it there."""
    return "http" if registry.startswith(_LOOPBACK) else "https"


def explain(error: Exception, host: str) -> TransportError:
    """Return the failure that `error` means for whoever wanted to talk to `host`."""
    if isinstance(error, ssl.SSLCertVerificationError):
        fault, hint = _CERTIFICATE_FAULTS.get(
            error.verify_code, (f"is refused: {error.verify_message}", "check the certificate and its chain")
        )
        return TransportError(f"{host}: the certificate {fault}", hint=hint)
    if isinstance(error, ssl.SSLError) and "WRONG_VERSION_NUMBER" in str(error):
        return TransportError(f"{host} speaks plain HTTP, not TLS", hint="check the port, or put TLS before it")
    return TransportError(*_network_fault(error, host)[:1], hint=_network_fault(error, host)[1])


def _network_fault(error: Exception, host: str) -> tuple[str, str]:
    if isinstance(error, socket.gaierror):
        return f"{host}: this name has no address", "check the spelling and the DNS of this machine"
    if isinstance(error, ConnectionRefusedError):
        return f"{host}: nothing listens there", "check the port, and that the registry runs"
    if isinstance(error, TimeoutError):
        return f"{host}: no answer in time", "check firewall and load, then try again"
    if isinstance(error, http.client.HTTPException):
        return f"{host}: closed the connection without an answer", "look at the log of the proxy before the registry"
    return f"{host}: {error.strerror or error if isinstance(error, OSError) else error}", "check the network"


def _proxy_for(url: SplitResult, proxies: Mapping[str, str]) -> str:
    host = url.hostname or ""
    without = [name.strip().lstrip(".") for name in proxies.get("no", "").split(",") if name.strip()]
    if any(name == "*" or host == name or host.endswith(f".{name}") for name in without):
        return ""
    return proxies.get(url.scheme, "") if url.scheme == "https" else ""
