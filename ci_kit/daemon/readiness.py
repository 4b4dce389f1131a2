"""Waiting for the daemon, and saying what it was when it does not come, with its cause in the catalogue.

Source: docker-library/docker `dockerd-entrypoint.sh` (order: keys, then the port), GitLab docs "Use Docker to build
Docker images", "Docker-in-Docker with TLS enabled in the Docker executor".
"""

import http.client
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from ci_kit.daemon.endpoint import Endpoint
from ci_kit.errors import DaemonError
from ci_kit.model.causes import hint
from ci_kit.registry.network_fault import speaks_plain

_PAUSE = 0.1
_CONNECT_SECONDS = 3.0
_GRACE = 3.0  # how long a state must last that a starting dind passes through
_NAME_MISMATCH = (62, 64)
_TIMES = (9, 10)
_OTHER_PORT = {2375: 2376, 2376: 2375}
# Words of OpenSSL's reasons, when a file of ours is none or the daemon refuses it (RFC 8446, 6.2).
_TLS_FAULTS = (
    (
        ("PEM", "NO_START_LINE", "NO_CERTIFICATE", "BAD_BASE64", "NOT_ENOUGH_DATA"),
        "daemon-certificates-empty",
        "{0} holds no certificates",
    ),
    (("CERTIFICATE_EXPIRED",), "daemon-certificates-expired", "{1} refuses the certificate in {0}: it has expired"),
    (("KEY_VALUES_MISMATCH",), "daemon-certificates-foreign", "cert.pem and key.pem in {0} do not belong together"),
    (
        ("UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN", "CERTIFICATE_REQUIRED"),
        "daemon-certificates-foreign",
        "{1} does not accept the certificate in {0}",
    ),
)

Kind = Literal["no service", "wrong port", "no certificates", "name not in certificate", "not ready"]


class Ready(NamedTuple):
    """A daemon that answered: the API version it speaks at most, and whether it prefers BuildKit."""

    api_version: str
    buildkit: bool


class Trouble(NamedTuple):
    """Why no daemon answered: one of five kinds, the cause in the catalogue, and how long it may be a start-up."""

    kind: Kind
    cause: str
    message: str
    hint: str
    patience: float = float("inf")


def look(endpoint: Endpoint, seconds: float) -> Ready | Trouble:
    """Return what a daemon says of itself, or why it says nothing; asked once, for at most `seconds`."""
    return _try(endpoint, seconds)


def wait(endpoint: Endpoint, seconds: float, waiting: Callable[[str], None] = lambda text: None) -> Ready:
    """Return as soon as `/_ping` answers; DaemonError names the cause when it has not within `seconds`.

    A cause that waiting cannot cure is raised as soon as it has lasted three seconds.
    """
    begin, since, last = time.monotonic(), time.monotonic(), ""
    while True:
        left = begin + seconds - time.monotonic()
        found = _try(endpoint, max(left, _PAUSE))
        if isinstance(found, Ready):
            return found
        if found.kind != last:
            since, last = time.monotonic(), found.kind
            waiting(f"waiting for the Docker daemon: {found.message}")
        if left <= 0 or time.monotonic() - since >= found.patience:
            waited = f"after {time.monotonic() - begin:.0f} s"
            raise DaemonError(f"{found.kind}: {found.message} ({waited})", hint=found.hint, place=endpoint.address)
        time.sleep(_PAUSE)


def _try(endpoint: Endpoint, seconds: float) -> Ready | Trouble:
    absent = endpoint.missing_certificates()
    if absent:
        return _without_certificates(endpoint, absent)
    try:
        return _ping(endpoint, seconds)
    except ssl.SSLCertVerificationError as error:
        return _certificate_trouble(endpoint, error)
    except ssl.SSLError as error:
        return _tls_trouble(endpoint, error)
    except (OSError, http.client.HTTPException, UnicodeError, _NotDocker) as error:
        return _connection_trouble(endpoint, error)


class _NotDocker(Exception):
    """Something answered, but not as a Docker daemon does."""


def _ping(endpoint: Endpoint, seconds: float) -> Ready:
    """Ask once and read patiently: a dockerd that starts accepts the connection and answers when it is done."""
    connection = connect(endpoint, min(_CONNECT_SECONDS, seconds))
    try:
        if connection.sock is not None:
            connection.sock.settimeout(seconds)
        connection.request("GET", "/_ping", headers={"Host": "docker"})
        with connection.getresponse() as answer:
            body = answer.read(4096)
        if answer.status != 200 or answer.getheader("Api-Version") is None:
            raise _NotDocker(body.decode(errors="replace").strip()[:200] or f"status {answer.status}")
        return Ready(answer.getheader("Api-Version") or "", answer.getheader("Builder-Version") == "2")
    finally:
        connection.close()


def connect(endpoint: Endpoint, seconds: float) -> http.client.HTTPConnection:
    """Return an open connection to the daemon, which the caller closes; OSError when there is none."""
    if endpoint.socket:
        local = http.client.HTTPConnection("localhost")
        local.sock = _open_socket(endpoint.socket, seconds)
        return local
    context = endpoint.tls()
    connection = (
        http.client.HTTPSConnection(endpoint.host, endpoint.port, timeout=seconds, context=context)
        if context
        else http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=seconds)
    )
    connection.connect()
    return connection


def _open_socket(path: str, seconds: float) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.settimeout(seconds)
        made.connect(path)
    except OSError:
        made.close()
        raise
    return made


def _without_certificates(endpoint: Endpoint, absent: tuple[str, ...]) -> Trouble:
    """Tell a dind that starts from a missing volume: it writes its certificates before it listens."""
    opened = _listens(endpoint.host, endpoint.port)
    if opened is None:
        return _no_service(endpoint)
    other = _OTHER_PORT.get(endpoint.port)
    if not opened and other and _listens(endpoint.host, other):
        return _wrong_port(endpoint, other)
    cause = "daemon-certificates-empty" if Path(absent[0]).is_file() else "daemon-certificates-missing"
    return Trouble(
        "no certificates",
        cause,
        f"{absent[0]} is {'empty' if cause.endswith('empty') else 'not there'} or not readable"
        + (f", though {endpoint.host}:{endpoint.port} listens" if opened else ""),
        hint(cause),
        _GRACE if opened else float("inf"),
    )


def _certificate_trouble(endpoint: Endpoint, error: ssl.SSLCertVerificationError) -> Trouble:
    if error.verify_code in _NAME_MISMATCH:
        return Trouble(
            "name not in certificate",
            "daemon-name-not-in-certificate",
            f"the daemon's certificate is not for {endpoint.host!r}",
            f'name the service "docker" with alias: docker, or give it DOCKER_TLS_SAN: "DNS:{endpoint.host}"',
            _GRACE,
        )
    if error.verify_code in _TIMES:
        message = f"the daemon's certificate: {error.verify_message}"
        return _of("not ready", "daemon-certificates-expired", message)
    message = f"the certificates in {endpoint.certificates} are not those of this daemon ({error.verify_message})"
    return _of("not ready", "daemon-certificates-foreign", message)


def _tls_trouble(endpoint: Endpoint, error: ssl.SSLError) -> Trouble:
    where, said = f"{endpoint.host}:{endpoint.port}", str(error.reason or error)
    if speaks_plain(error):
        return _of("wrong port", "daemon-speaks-plain", f"{where} speaks plain HTTP, not TLS", _GRACE)
    for words, cause, message in _TLS_FAULTS:
        if any(word in said for word in words):
            return _of("not ready", cause, message.format(endpoint.certificates, where))
    return Trouble("not ready", "daemon-not-ready", f"{where}: {said}", "compare the certificates of both sides")


def _connection_trouble(endpoint: Endpoint, error: Exception) -> Trouble:
    if isinstance(error, socket.gaierror | UnicodeError):
        return _no_service(endpoint)
    if isinstance(error, _NotDocker):
        return _not_docker(endpoint, str(error))
    if endpoint.socket:
        return _socket_trouble(endpoint, error)
    other = _OTHER_PORT.get(endpoint.port)
    if isinstance(error, ConnectionRefusedError) and other and _listens(endpoint.host, other):
        return _wrong_port(endpoint, other)
    what = "nothing listens there yet" if isinstance(error, ConnectionRefusedError) else "no answer"
    return _of("not ready", "daemon-not-ready", f"{endpoint.host}:{endpoint.port}: {what}", float("inf"))


def _not_docker(endpoint: Endpoint, said: str) -> Trouble:
    if "HTTP request to an HTTPS server" in said:
        message = f"{endpoint.host}:{endpoint.port} wants TLS, and DOCKER_TLS_VERIFY is not set"
        return _of("wrong port", "daemon-wants-tls", message, _GRACE)
    return _of("wrong port", "daemon-not-docker", f"what answers is not a Docker daemon: {said}", _GRACE)


def _wrong_port(endpoint: Endpoint, other: int) -> Trouble:
    tls = other == 2376
    return Trouble(
        "wrong port",
        "daemon-wrong-port",
        f"{endpoint.host} listens on {other} ({'with' if tls else 'without'} TLS), not on {endpoint.port}",
        "set DOCKER_HOST: tcp://docker:2376, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH"
        if tls
        else 'set DOCKER_TLS_CERTDIR: "/certs" where the service sees it too',
        _GRACE,
    )


def _no_service(endpoint: Endpoint) -> Trouble:
    return Trouble(
        "no service",
        "daemon-no-service",
        f"the name {endpoint.host!r} has no address",
        f"add a docker:…-dind service with alias: {endpoint.host}; if it is there, it ended: privileged runner?",
        _GRACE,
    )


def _socket_trouble(endpoint: Endpoint, error: Exception) -> Trouble:
    if isinstance(error, FileNotFoundError):
        return _of("no service", "daemon-none", f"the socket {endpoint.socket} does not exist", 0)
    if isinstance(error, PermissionError):
        return _of("no service", "daemon-socket-denied", f"this user may not open {endpoint.socket}", 0)
    return Trouble("not ready", "daemon-not-ready", f"{endpoint.socket}: {error}", "start the Docker daemon", _GRACE)


def _of(kind: Kind, cause: str, message: str, patience: float = float("inf")) -> Trouble:
    """Return a trouble whose next step is the catalogue's."""
    return Trouble(kind, cause, message, hint(cause), patience)


def _listens(host: str, port: int) -> bool | None:
    """Tell whether a TCP port is open; None when the name has no address."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except (socket.gaierror, UnicodeError):
        return None
    except OSError:
        return False
