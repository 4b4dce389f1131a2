"""Which daemon is meant: DOCKER_HOST and its partners, docker's current context, or the local socket.

Sources: docker docs "Environment variables" of the CLI and "Docker contexts".
"""

import hashlib
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from ci_kit.errors import UsageError
from ci_kit.registry.credentials import docker_config, read_config

_SOCKET = "unix:///var/run/docker.sock"
_FILES = ("ca.pem", "cert.pem", "key.pem")


class Endpoint(NamedTuple):
    """A daemon's address; `certificates` is the folder of ca.pem, cert.pem and key.pem, None without TLS."""

    address: str
    certificates: Path | None = None

    @property
    def socket(self) -> str:
        """The path of the local socket, empty for a daemon over TCP."""
        return self.address.removeprefix("unix://") if self.address.startswith("unix://") else ""

    @property
    def host(self) -> str:
        """The host name of a daemon over TCP."""
        return urlsplit(self.address).hostname or ""

    @property
    def port(self) -> int:
        """The port of a daemon over TCP: 2376 with TLS, 2375 without, unless the address names another."""
        return urlsplit(self.address).port or (2376 if self.certificates else 2375)

    def missing_certificates(self) -> tuple[str, ...]:
        """Return the files that TLS needs and that are absent, empty or not readable now."""
        folder = self.certificates
        if folder is None:
            return ()
        paths = [folder / name for name in _FILES]
        return tuple(str(path) for path in paths if not _holds_something(path))

    def tls(self) -> ssl.SSLContext | None:
        """Return a context from the files as they are now; a dind may have renewed them since the last call."""
        if self.certificates is None:
            return None
        made = ssl.create_default_context(cafile=self.certificates / "ca.pem")
        # The CA of docker:dind before May 2025 has no keyUsage, which Python 3.13 refuses by default.
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT
        # An empty password, so that OpenSSL does not ask the terminal for the one of an encrypted key.
        made.load_cert_chain(self.certificates / "cert.pem", self.certificates / "key.pem", password="")
        return made


def find(environ: Mapping[str, str]) -> Endpoint:
    """Return the daemon that docker itself would use here; UsageError for an address we cannot speak to."""
    address = environ.get("DOCKER_HOST") or _of_context(environ) or _SOCKET
    scheme = address.partition("://")[0]
    hint = "use unix:///path or tcp://host:port"
    if scheme not in ("unix", "tcp"):
        raise UsageError(f"{address!r}: a daemon by {scheme}:// is not supported", place="DOCKER_HOST", hint=hint)
    if not _names_a_place(address):
        raise UsageError(f"{address!r} names no daemon", place="DOCKER_HOST", hint=hint)
    if scheme == "unix" or not environ.get("DOCKER_TLS_VERIFY"):
        return Endpoint(address)
    folder = environ.get("DOCKER_CERT_PATH") or str(docker_config(environ))
    return Endpoint(address, Path(folder))


def _names_a_place(address: str) -> bool:
    if address.startswith("unix://"):
        return address.removeprefix("unix://").startswith("/")
    try:
        url = urlsplit(address)
        return bool(url.hostname) and url.port != 0
    except ValueError:  # a port that is none, a bracket that is not closed
        return False


def _holds_something(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return bool(file.read(1))
    except OSError:
        return False


def _of_context(environ: Mapping[str, str]) -> str:
    """Return the address in docker's current context, empty for the default one."""
    folder = docker_config(environ)
    name = environ.get("DOCKER_CONTEXT") or str(read_config(folder).get("currentContext") or "")
    if name in ("", "default"):
        return ""
    file = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"
    try:
        address = json.loads(file.read_text(encoding="utf-8"))["Endpoints"]["docker"]["Host"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"the docker context {name!r} cannot be read", place=str(file), hint="set DOCKER_HOST"
        ) from error
    return str(address)
