"""Which certificates a client of ours trusts: the system's, the instance's and docker's for that host."""

import ssl
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ci_kit.errors import UsageError
from ci_kit.model.causes import told

_CERTS_D = Path("/etc/docker/certs.d")


def certificate_files(host: str, environ: Mapping[str, str], certs_d: Path = _CERTS_D) -> tuple[Path, ...]:
    """Return the CA files that hold beside the system's for `host[:port]`, in the order of the variables.

    CI_KIT_CA is ours, CI_SERVER_TLS_CA_FILE the runner's, certs.d docker's (its docs, "Verify repository client
    with certificates"). UsageError when CI_KIT_CA names no file.
    """
    return (*instance_files(environ), *sorted((certs_d / host).glob("*.crt")))


def instance_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the CA files that hold for every host. UsageError when CI_KIT_CA names no file."""
    named = [Path(environ[name]) for name in ("CI_KIT_CA", "CI_SERVER_TLS_CA_FILE") if environ.get(name)]
    if environ.get("CI_KIT_CA") and not named[0].is_file():
        raise UsageError(f"{environ['CI_KIT_CA']!r} is not a file", place="CI_KIT_CA", **told("ca-file-broken"))
    return tuple(path for path in named if path.is_file())


class Narrow(ssl.SSLContext):
    """A context that trusts the files of an instance alone; `refused` are servers (`host[:port]`) that need `wider`.

    The system's certificates take 20 ms to read, which a registry of the instance's own does not need.
    """

    files: tuple[Path, ...] = ()
    refused: set[str]

    def wider(self) -> ssl.SSLContext:
        """Return the context of the same files and the system's."""
        return context(self.files)


@cache
def first(files: tuple[Path, ...]) -> ssl.SSLContext:
    """Return what to try first; it trusts nothing that `context` would not. UsageError as for `context`."""
    if not files:
        return context(files)
    made = Narrow(ssl.PROTOCOL_TLS_CLIENT)
    made.files, made.refused = files, set()
    _load(made, files)
    return made


@cache
def context(files: tuple[Path, ...]) -> ssl.SSLContext:
    """Return a context that checks chain and name against the system's certificates and `files`.

    UsageError names the file that holds no certificate.
    """
    made = ssl.create_default_context()
    _load(made, files)
    return made


def _load(made: ssl.SSLContext, files: tuple[Path, ...]) -> None:
    # Python 3.13 refuses private CAs without keyUsage, which docker and GitLab accept.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    for path in files:
        try:
            made.load_verify_locations(cafile=path)
        except OSError as error:
            raise UsageError("holds no certificate", place=str(path), **told("ca-file-broken")) from error
