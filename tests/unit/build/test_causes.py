import pytest

from ci_kit.build import causes
from ci_kit.errors import (
    BuildError,
    CiKitError,
    CredentialsError,
    DaemonError,
    DeniedError,
    RegistryError,
    TransportError,
)

DIGEST = "sha256:4135024130" + "a" * 54


@pytest.mark.parametrize(
    ("text", "kind", "hint"),
    [
        ('Get "https://h/v2/": http: server gave HTTP response to HTTPS client', TransportError, "put TLS before it"),
        ("x509: certificate signed by unknown authority", TransportError, "/etc/docker/certs.d/<host:port>/ca.crt"),
        ("unauthorized: authentication required", DeniedError, "the token may not push here, or it expired"),
        ('error="insufficient_scope"', DeniedError, "the token may not push here"),
        ("unauthorized: HTTP Basic: Access denied", CredentialsError, "wrong or expired password"),
        ("denied: requested access to the resource is denied", DeniedError, "read_registry and write_registry"),
        ("error parsing HTTP 413 response body", TransportError, "client_max_body_size 0"),
        ("error parsing HTTP 405 response body", TransportError, "garbage collection"),
        ("400: plain HTTP request was sent to HTTPS port", TransportError, "set X-Forwarded-Proto"),
        ("dial tcp: lookup registry.invalid on 1.1.1.1:53: no such host", TransportError, "cannot resolve"),
        (
            "dial tcp 1.2.3.4:443: connect: connection refused",
            TransportError,
            "check the port, and that the registry runs",
        ),
        ("received unexpected HTTP status: 502 Bad Gateway", TransportError, "start the registry, check proxy_pass"),
        ("unexpected EOF", TransportError, "log of the proxy before the registry"),
        (f"blob {DIGEST} is unknown", RegistryError, "look at the registry's log"),
        ("something geoffrey said", RegistryError, "look at the registry's log"),
    ],
)
def test_a_failed_push_is_told_by_its_cause(text: str, kind: type[CiKitError], hint: str) -> None:
    error = causes.of_push(text, "host/app:1")
    assert type(error) is kind
    assert error.message == f"host/app:1 was not pushed: {text}"
    assert hint in error.hint


@pytest.mark.parametrize(
    ("text", "kind", "hint"),
    [
        ("write /var/lib/docker: no space left on device", BuildError, "the disk of the daemon is full"),
        ("the --mount option requires BuildKit", BuildError, "--builder buildx"),
        ("tls: failed to verify certificate", BuildError, "base image's registry is not trusted"),
        ("toomanyrequests: You have reached your pull rate limit", BuildError, "dependency proxy"),
        ("pull access denied for nothing", BuildError, "check the name in FROM"),
        ("manifest for x:y not found: manifest unknown", BuildError, "check the name in FROM"),
        ("Cannot connect to the Docker daemon at tcp://docker:2376", DaemonError, "the daemon went away"),
        ("The command '/bin/sh -c false' returned a non-zero code: 1", BuildError, "the lines above say which step"),
    ],
)
def test_a_failed_build_is_told_by_its_cause(text: str, kind: type[CiKitError], hint: str) -> None:
    error = causes.of_build(text, "app")
    assert type(error) is kind
    assert error.message == f"app was not built: {text}"
    assert hint in error.hint


def test_a_long_text_of_several_lines_becomes_one_bounded_line() -> None:
    line = str(causes.of_build("line\n" * 500, "app"))
    assert line.isprintable()
    assert len(line) < 600
