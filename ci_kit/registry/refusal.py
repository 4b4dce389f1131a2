"""What an answer means that was not hoped for: its cause, and what to do about it."""

import json
import re
from collections.abc import Mapping

from ci_kit.errors import (
    CredentialsError,
    DeniedError,
    RegistryError,
    TransportError,
    UnavailableError,
    UnknownNameError,
)
from ci_kit.model.causes import told
from ci_kit.registry.auth import Credentials, parse_challenge
from ci_kit.registry.patience import is_transient
from ci_kit.registry.transport import Response, Stream

_TOO_LARGE = (400, 431, 494)  # nginx says 494 to itself and 400 to clients
REDIRECTS = (301, 302, 303, 307, 308)
# The errno in an answer of Distribution that could not write: what is said, and the cause.
_STORAGE = {
    28: ("the registry's disk is full", "disk-full"),
    13: ("the registry may not write to its storage", "storage-permissions"),
    1: ("the registry may not write to its storage", "storage-permissions"),
    30: ("the registry's storage is mounted read-only", "storage-read-only"),
    122: ("the registry's disk quota is used up", "disk-full"),
}
# Source: OCI "Distribution Specification" 1.1, "Error Codes".
_CODES = {
    "BLOB_UNKNOWN": "layer-lost",
    "MANIFEST_BLOB_UNKNOWN": "layer-lost",
    "BLOB_UPLOAD_UNKNOWN": "upload-lost",
    "BLOB_UPLOAD_INVALID": "upload-lost",
    "DIGEST_INVALID": "bytes-changed",
}
_STATUS = {
    404: ("the registry knows no such repository or tag", "name-unknown"),
    405: ("the registry is read-only now", "read-only"),
    408: ("the body did not arrive in time", "upload-timeout"),
    413: ("a proxy refuses bodies of this size", "body-limit"),
    429: ("too many requests", "too-many-requests"),
    502: ("the proxy answers, the registry behind it does not (502)", "upstream-down"),
    503: ("the registry is not available (503)", "registry-unavailable"),
    504: ("the registry did not answer its proxy in time (504)", "registry-slow"),
    507: ("the registry's disk is full", "disk-full"),
}


def of_status(response: Response, what: str, login: Credentials | None = None) -> RegistryError:
    """Return the failure that the status of an answer about `what` means; UnavailableError when it may pass.

    `login` is whose password was sent, where the registry takes passwords itself; `what` begins with the registry.
    """
    status, registry = response.status, what.partition("/")[0]
    if status == 401:
        return not_accepted(registry, login) if login else _unauthorised(response, what)
    if status == 403:
        return _forbidden(response, what)
    if _errno(response) in _STORAGE:
        message, cause = _STORAGE[_errno(response)]
        return RegistryError(f"{what}: {message}", **told(cause))
    if status == 405 and is_html(response):
        return DeniedError(f"{what}: a proxy forbids this method (405)", **told("writing-blocked"))
    if status in _STATUS:
        message, cause = _STATUS[status]
        return _kind(status)(f"{what}: {message}", **told(cause))
    if status in _TOO_LARGE and (status == 431 or b"Too Large" in response.body):
        return TransportError(f"{what}: a proxy refuses our token, it is too long", **told("header-too-large"))
    if status in REDIRECTS or is_html(response):
        return not_a_registry(registry, response)
    kind = UnavailableError if is_transient(status) or misses_a_part(response) else RegistryError
    said = (str(error.get("code")) for error in _errors(response))
    of_storage = _errno(response) or b'"DriverName"' in response.body
    cause = "storage-error" if of_storage else next((_CODES[code] for code in said if code in _CODES), "")
    return kind(f"{what}: the registry answers {status}{_said(response)}", **told(cause or "registry-error"))


def not_accepted(registry: str, credentials: Credentials) -> CredentialsError:
    """Return the failure for a user and a password that a registry does not take, or misses."""
    if not credentials.user:
        return CredentialsError(f"{registry} wants a user and a password, and there is none", **told("no-credentials"))
    message = f"{registry} does not accept the password of {credentials.who}"
    return CredentialsError(message, hint="correct the password or token", cause="wrong-password")


def not_a_registry(registry: str, response: Response) -> TransportError:
    """Return the failure for an answer that no registry gives: a page, a redirect, a status without its header."""
    kind = (
        f"an HTML page ({response.status})"
        if is_html(response)
        else f"status {response.status} without a registry's headers"
    )
    if response.status in REDIRECTS:
        kind = f"a redirect to {response.headers.get('location', 'nowhere').partition('?')[0][:120]}"
    message = f"{registry} does not speak the registry protocol: /v2/ answers {kind}"
    return TransportError(message, **told(_why_none(response)))


def _why_none(response: Response) -> str:
    """Return the cause of an answer that no registry gives."""
    if response.status in REDIRECTS:
        return "not-a-registry-redirect"
    if response.status == 400 and b"SSL certificate" in response.body:
        return "tls-client-certificate"
    if response.status == 401:
        return "challenge-missing"
    return {403: "blocked", 404: "v2-not-found"}.get(response.status, "not-a-registry")


def read_object(response: Response, registry: str) -> Mapping[str, object]:
    """Return a JSON object, empty for other JSON; TransportError for what is none."""
    try:
        said = json.loads(response.body)
    except (ValueError, RecursionError) as error:
        raise not_a_registry(registry, response) from error
    return said if isinstance(said, dict) else {}


def is_html(response: Response | Stream) -> bool:
    """Tell whether an answer is a page."""
    return "html" in response.headers.get("content-type", "")


def _kind(status: int) -> type[TransportError]:
    if status == 404:
        return UnknownNameError
    return UnavailableError if is_transient(status) else TransportError


def _unauthorised(response: Response, what: str) -> RegistryError:
    if parse_challenge(response.headers.get("www-authenticate", "")).error == "invalid_token":
        return TransportError(
            f"{what}: the registry does not accept the token that its own realm gave",
            hint="compare the clocks, and the issuer and key of GitLab and registry",
            cause="token-rejected",
        )
    return DeniedError(f"{what}: the credentials do not allow this", **told("read-only-credential"))


def _forbidden(response: Response, what: str) -> DeniedError:
    """Return the failure of a 403: of the registry itself, or of a wall before it, which sends a page."""
    cause = "blocked" if is_html(response) else "read-only-credential"
    return DeniedError(f"{what}: the registry forbids it{_said(response)}", **told(cause))


def misses_a_part(response: Response) -> bool:
    """Tell whether a manifest was refused for a blob or manifest that the registry did not find."""
    return response.status == 400 and any(error.get("code") == "MANIFEST_BLOB_UNKNOWN" for error in _errors(response))


def _errors(response: Response) -> list[Mapping[str, object]]:
    try:
        said = json.loads(response.body)["errors"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [error for error in said if isinstance(error, dict)] if isinstance(said, list) else []


def _said(response: Response) -> str:
    words = [str(error.get("message") or error.get("code")) for error in _errors(response)]
    return f": {'; '.join(words)[:200]}" if words else ""


def _errno(response: Response) -> int:
    """Return the errno in the body of a 500 of Distribution, 0 when there is none."""
    found = re.search(rb'"Err":\s*(\d{1,4})\b', response.body)
    return int(found[1]) if found else 0
