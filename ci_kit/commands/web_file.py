"""A file from the web, for `include:remote`: public addresses only, bounded in size and time.

Sources: RFC 9110 "HTTP Semantics"; Python docs `ipaddress`, `is_global`.
"""

import http.client
import ipaddress
import socket
import ssl
import time
from base64 import b64encode
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from ci_kit.model.fetch import Fetched, NotFound, Request, Unreachable

_BYTES = 16 * 1024 * 1024
_CHUNK = 64 * 1024
_SECONDS = 10  # for each answer of the server
_DEADLINE = 30  # for the file, as GitLab has for all files together
_ATTEMPTS = 3  # while the server has trouble
_REDIRECTS = 5
_MOVED = (301, 302, 303, 307, 308)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class _Refused(Exception):
    """The reason why the file is not asked for, or not taken."""


class _Answer(NamedTuple):
    status: int
    location: str
    body: bytes


class WebFiles:
    """A fetcher of `include:remote`; what lies in a private network is only asked for when it is allowed."""

    def __init__(self, *, private: bool, authority: str = "") -> None:
        """Keep whether private addresses may be asked, and the file of the CA, empty for the system's."""
        self.private = private
        self.authority = authority

    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        """Return the file; NotFound when the server says that there is none."""
        if urlsplit(request.path).scheme not in ("http", "https"):
            return NotFound("scheme")
        try:
            return self._followed(request)
        except _Refused as refused:
            return Unreachable(*refused.args)
        except UnicodeError:
            return Unreachable("it is not UTF-8")
        except (OSError, ValueError, http.client.HTTPException) as error:
            return Unreachable(f"its server does not answer ({type(error).__name__})")

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        """Return that the web has no list of files."""
        return Unreachable("the web has no list of files")

    def _followed(self, request: Request) -> Fetched | NotFound | Unreachable:
        deadline = time.monotonic() + _DEADLINE
        url, first = request.path, urlsplit(request.path).netloc
        for _ in range(_REDIRECTS + 1):
            parts = urlsplit(url)
            answer = self._answer(parts, deadline, with_user=parts.netloc == first)
            if answer.status not in _MOVED or not answer.location:
                return _judged(request, answer)
            url = urljoin(url, answer.location)
            if urlsplit(url).scheme not in ("http", "https"):
                raise _Refused("it is moved to what is no web address")
        raise _Refused(f"it is moved more than {_REDIRECTS} times")

    def _answer(self, parts: SplitResult, deadline: float, *, with_user: bool) -> _Answer:
        for attempt in range(_ATTEMPTS):
            answer = self._asked(parts, deadline, with_user=with_user)
            if answer.status < 500 or attempt == _ATTEMPTS - 1:
                break
        return answer

    def _asked(self, parts: SplitResult, deadline: float, *, with_user: bool) -> _Answer:
        connection = self._connection(parts)
        headers = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": "ci-kit", "Accept": "*/*"}
        if with_user and parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("GET", target, headers=headers)
            response = connection.getresponse()
            return _Answer(response.status, response.getheader("Location") or "", _body(response, deadline))
        finally:
            connection.close()

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        """Return a connection to the very address that was looked at: a name could be another one the next time."""
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        last: Exception = _Refused("its name has no address")
        for address in self._addresses(host, port):
            try:
                opened = socket.create_connection((address, port), timeout=_SECONDS)
            except OSError as error:
                last = error
                continue
            connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
            connection.sock = self._wrapped(opened, host) if secure else opened
            return connection
        raise last

    def _wrapped(self, opened: socket.socket, host: str) -> socket.socket:
        try:
            return ssl.create_default_context(cafile=self.authority or None).wrap_socket(opened, server_hostname=host)
        except BaseException:
            opened.close()
            raise

    def _addresses(self, host: str, port: int) -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not self.private and not all(map(is_public, addresses)):
            raise _Refused("it is in a private network, where nothing is asked for", "--allow-private lets it")
        return addresses


def is_public(address: str) -> bool:
    """Tell whether an address is in the public Internet; one that hides a private IPv4 address is not."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in (found, *_hidden(found)))


def _hidden(address: _Address) -> list[_Address]:
    """Return the IPv4 addresses to which an IPv6 address leads."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or int(address) >> 32 == 0:
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in inside if one is not None]


def _body(response: http.client.HTTPResponse, deadline: float) -> bytes:
    content = bytearray()
    while chunk := response.read1(_CHUNK):
        content += chunk
        if len(content) > _BYTES:
            raise _Refused(f"it is bigger than {_BYTES // 1024 // 1024} MiB")
        if time.monotonic() > deadline:
            raise _Refused(f"it takes longer than {_DEADLINE} s")
    return bytes(content)


def _judged(request: Request, answer: _Answer) -> Fetched | NotFound | Unreachable:
    if answer.status >= 500 or answer.status == 429:
        return Unreachable(f"its server answers {answer.status}")
    if answer.status >= 400:
        return NotFound("status", str(answer.status))
    from ci_kit.language.include_file import without_secrets

    name = without_secrets(request.path)
    return Fetched(answer.body.decode(), name, path=name)
