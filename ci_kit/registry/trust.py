"""Which certificates a client of ours trusts: the system's, the instance's and docker's for that host."""

import ssl
from collections.abc import Mapping
from pathlib import Path

_CERTS_D = Path("/etc/docker/certs.d")


def certificate_files(host: str, environ: Mapping[str, str], certs_d: Path = _CERTS_D) -> tuple[Path, ...]:
    """Return the CA files that hold beside the system's for `host[:port]`, in the order of the variables.

    CI_KIT_CA is ours, CI_SERVER_TLS_CA_FILE the runner's, certs.d docker's (its docs, "Verify repository client
    with certificates").
    """
    named = [Path(environ[name]) for name in ("CI_KIT_CA", "CI_SERVER_TLS_CA_FILE") if environ.get(name)]
    return (*(path for path in named if path.is_file()), *sorted((certs_d / host).glob("*.crt")))


def context(files: tuple[Path, ...]) -> ssl.SSLContext:
    """Return a context that checks chain and name against the system's certificates and `files`."""
    made = ssl.create_default_context()
    # Python 3.13 refuses private CAs without keyUsage, which docker and GitLab accept.
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    for path in files:
        made.load_verify_locations(cafile=path)
    return made
