import pytest

from ci_kit.build import causes
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
from ci_kit.model import causes as catalogue

DIGEST = "sha256:4135024130" + "a" * 54


@pytest.mark.parametrize(
    ("text", "kind", "cause"),
    [
        ('Get "https://h/v2/": http: server gave HTTP response to HTTPS client', TransportError, "registry-plain-http"),
        ("x509: certificate signed by unknown authority", TransportError, "daemon-does-not-trust"),
        ("unauthorized: authentication required", ExpiredError, "token-expired"),
        ('error="insufficient_scope"', DeniedError, "read-only-credential"),
        ("unauthorized: HTTP Basic: Access denied", CredentialsError, "wrong-password"),
        ("denied: requested access to the resource is denied", DeniedError, "read-only-credential"),
        ("error parsing HTTP 413 response body", TransportError, "body-limit"),
        ("error parsing HTTP 405 response body", TransportError, "read-only"),
        ("error parsing HTTP 429 response body: unexpected end of JSON input", UnavailableError, "too-many-requests"),
        ("toomanyrequests: slow down", UnavailableError, "too-many-requests"),
        ("400: plain HTTP request was sent to HTTPS port", TransportError, "no-forwarded-proto"),
        ("dial tcp: lookup registry.invalid on 1.1.1.1:53: no such host", TransportError, "daemon-cannot-resolve"),
        ("dial tcp 1.2.3.4:443: connect: connection refused", TransportError, "connection-refused"),
        ("received unexpected HTTP status: 500 Internal Server Error", UnavailableError, "registry-error"),
        ("received unexpected HTTP status: 502 Bad Gateway", UnavailableError, "upstream-down"),
        ("received unexpected HTTP status: 503 Service Unavailable", UnavailableError, "registry-unavailable"),
        ("received unexpected HTTP status: 504 Gateway Timeout", UnavailableError, "registry-slow"),
        ("unexpected status: 503 Service Unavailable", UnavailableError, "registry-unavailable"),
        (
            "unexpected status from PUT request to https://h:5050/v2/x: 502 Bad Gateway",
            UnavailableError,
            "upstream-down",
        ),
        ("unexpected status from POST request to https://h/v2/x: 429 Too Many", UnavailableError, "too-many-requests"),
        ("received unexpected HTTP status: 200 OK", TransportError, "not-a-registry"),
        ("invalid checksum digest format", TransportError, "not-a-registry"),
        ("unable to decode token response: invalid character '<'", TransportError, "not-a-registry"),
        ("unable to decode token response: unexpected EOF", UnavailableError, "connection-reset"),
        ("unexpected EOF", UnavailableError, "connection-reset"),
        ("read tcp 10.0.0.1:1->h: read: connection reset by peer", UnavailableError, "connection-reset"),
        ("transport connection broken: malformed HTTP status code", UnavailableError, "connection-reset"),
        ("net/http: TLS handshake timeout", UnavailableError, "connection-timeout"),
        ("errors: manifest blob unknown: blob unknown to registry", UnavailableError, "layer-lost"),
        ("unknown blob", UnavailableError, "layer-lost"),
        ("blob upload unknown", UnavailableError, "upload-lost"),
        ('Get "https://h/v2/": stopped after 10 redirects', TransportError, "not-a-registry-redirect"),
        ("digest invalid: provided digest did not match uploaded content", TransportError, "bytes-changed"),
        (f"blob {DIGEST} is unknown", RegistryError, "registry-error"),
        ("something geoffrey said", RegistryError, "registry-error"),
    ],
)
def test_a_failed_push_is_told_by_its_cause(text: str, kind: type[CiKitError], cause: str) -> None:
    error = causes.of_push(text, "host/app:1")
    assert type(error) is kind
    assert error.message == f"host/app:1 was not pushed: {text}"
    assert (error.cause, error.hint) == (cause, catalogue.hint(cause))


@pytest.mark.parametrize(
    ("text", "kind", "hint"),
    [
        ("write /var/lib/docker: no space left on device", BuildError, "the disk of the daemon is full"),
        ("the --mount option requires BuildKit", BuildError, "--builder buildx"),
        ("exec /bin/sh: exec format error", BuildError, "pipeline.native"),
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
