"""What docker's own error texts mean: first match wins, and the text itself is kept in the message."""

import re

from ci_kit.errors import (
    BuildError,
    CiKitError,
    CredentialsError,
    DaemonError,
    DeniedError,
    ExpiredError,
    RegistryError,
    TransportError,
    UnavailableError,
)
from ci_kit.model.causes import told

_Row = tuple[str, type[CiKitError], str]  # a pattern, the failure, and the cause in the catalogue

# UnavailableError: another push may not meet it. Words of dockerd: distribution/registry/client,
# net/http; of BuildKit: containerd/remotes/docker.
_PUSH: tuple[_Row, ...] = (
    ("http: server gave HTTP response to HTTPS client", TransportError, "registry-plain-http"),
    ("x509|tls: failed to verify", TransportError, "daemon-does-not-trust"),
    ("insufficient_scope", DeniedError, "read-only-credential"),
    ("unauthorized: authentication", ExpiredError, "token-expired"),
    (r"toomanyrequests|HTTP (status: )?429|unexpected status\b.*\b429\b", UnavailableError, "too-many-requests"),
    ("blob upload unknown|blob upload invalid", UnavailableError, "upload-lost"),
    ("blob unknown|unknown blob", UnavailableError, "layer-lost"),
    ("unauthorized|HTTP Basic", CredentialsError, "wrong-password"),
    ("denied|forbidden", DeniedError, "read-only-credential"),
    (r"\b413\b", TransportError, "body-limit"),
    (r"\b405\b", TransportError, "read-only"),
    ("plain HTTP request was sent", TransportError, "no-forwarded-proto"),
    ("stopped after 10 redirects", TransportError, "not-a-registry-redirect"),
    ("no such host|lookup .* on", TransportError, "daemon-cannot-resolve"),
    ("connection refused", TransportError, "connection-refused"),
    ("digest invalid|did not match uploaded", TransportError, "bytes-changed"),
    (r"unexpected (HTTP )?status\b.*\b502\b", UnavailableError, "upstream-down"),
    (r"unexpected (HTTP )?status\b.*\b503\b", UnavailableError, "registry-unavailable"),
    (r"unexpected (HTTP )?status\b.*\b504\b", UnavailableError, "registry-slow"),
    (r"unexpected (HTTP )?status\b.*\b5\d\d\b", UnavailableError, "registry-error"),
    ("timeout", UnavailableError, "connection-timeout"),
    (r"\bEOF\b|reset by peer|broken pipe|connection broken", UnavailableError, "connection-reset"),
    (
        "unexpected HTTP status: 2|unable to decode|invalid checksum digest|invalid character '<'",
        TransportError,
        "not-a-registry",
    ),
)
_BUILD: tuple[_Row, ...] = (
    ("no space left on device", BuildError, "daemon-disk-full"),
    ("exec format error", BuildError, "foreign-platform"),
    ("requires BuildKit|the --\\w+ option requires", BuildError, "needs-buildkit"),
    ("x509|tls: failed to verify", BuildError, "base-image-untrusted"),
    ("toomanyrequests", BuildError, "hub-rate-limit"),
    ("pull access denied|not found: manifest|manifest.*(unknown|not found)", BuildError, "base-image-unknown"),
    (
        "Cannot connect to the Docker daemon|error during connect|error reading from server|transport is closing",
        DaemonError,
        "daemon-gone",
    ),
)


def of_push(text: str, what: str) -> CiKitError:
    """Return the failure that dockerd's `text` means for pushing `what`."""
    return _find(_PUSH, text, f"{what} was not pushed", RegistryError("", **told("registry-error")))


def of_build(text: str, what: str) -> CiKitError:
    """Return the failure that a builder's `text` means for building `what`."""
    return _find(_BUILD, text, f"{what} was not built", BuildError("", hint="the lines above say which step failed"))


def _find(rows: tuple[_Row, ...], text: str, what: str, otherwise: CiKitError) -> CiKitError:
    said = " ".join(text.split())[:400]
    for pattern, kind, cause in rows:
        if re.search(pattern, text, re.I):
            return kind(f"{what}: {said}", **told(cause))
    return type(otherwise)(f"{what}: {said}", hint=otherwise.hint, cause=otherwise.cause)
