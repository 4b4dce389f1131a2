"""What docker's own error texts mean: first match wins, and the text itself is kept in the message."""

import re

from ci_kit.errors import (
    BuildError,
    CiKitError,
    CredentialsError,
    DaemonError,
    DeniedError,
    RegistryError,
    TransportError,
)

_Row = tuple[str, type[CiKitError], str]

_PUSH: tuple[_Row, ...] = (
    (
        "http: server gave HTTP response to HTTPS client",
        TransportError,
        "the registry speaks plain HTTP: put TLS before it",
    ),
    ("x509|tls: failed to verify", TransportError, "give the daemon the CA: /etc/docker/certs.d/<host:port>/ca.crt"),
    (
        "insufficient_scope|unauthorized: authentication",
        DeniedError,
        "the token may not push here, or it expired meanwhile",
    ),
    ("unauthorized|HTTP Basic", CredentialsError, "correct the user, password or token"),
    ("denied|forbidden", DeniedError, "a push needs read_registry and write_registry on this project"),
    (r"\b413\b", TransportError, "set client_max_body_size 0 in every proxy before the registry"),
    (r"\b405\b", TransportError, "the registry is read-only: wait until its garbage collection ends"),
    ("plain HTTP request was sent", TransportError, "set X-Forwarded-Proto in the proxy before the registry"),
    ("no such host|lookup .* on", TransportError, "the daemon cannot resolve the registry's name"),
    (
        r"connection refused|timeout|\bEOF\b|reset by peer|\b50[234]\b",
        TransportError,
        "is the registry up? look at its proxy",
    ),
)
_BUILD: tuple[_Row, ...] = (
    ("no space left on device", BuildError, "the disk of the daemon is full: prune it, or give the runner more"),
    ("requires BuildKit|the --\\w+ option requires", BuildError, "build with BuildKit: --builder buildx"),
    ("x509|tls: failed to verify", BuildError, "a base image's registry is not trusted by the daemon: give it the CA"),
    ("toomanyrequests", BuildError, "Docker Hub's limit: log in there, or use the dependency proxy"),
    ("pull access denied|not found: manifest|manifest.*(unknown|not found)", BuildError, "check the name in FROM"),
    (
        "Cannot connect to the Docker daemon|error during connect|error reading from server|transport is closing",
        DaemonError,
        "the daemon went away: memory? timeout?",
    ),
)


def of_push(text: str, what: str) -> CiKitError:
    """Return the failure that dockerd's `text` means for pushing `what`."""
    return _find(_PUSH, text, f"{what} was not pushed", RegistryError("", hint="look at the registry's log"))


def of_build(text: str, what: str) -> CiKitError:
    """Return the failure that a builder's `text` means for building `what`."""
    return _find(_BUILD, text, f"{what} was not built", BuildError("", hint="the lines above say which step failed"))


def _find(rows: tuple[_Row, ...], text: str, what: str, otherwise: CiKitError) -> CiKitError:
    said = " ".join(text.split())[:400]
    for pattern, kind, hint in rows:
        if re.search(pattern, text, re.I):
            return kind(f"{what}: {said}", hint=hint)
    return type(otherwise)(f"{what}: {said}", hint=otherwise.hint)
