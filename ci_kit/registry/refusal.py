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
from ci_kit.registry.auth import LOGIN_HINT, Credentials, parse_challenge
from ci_kit.registry.patience import is_transient
from ci_kit.registry.transport import Response

PUSH_HINT = "a push needs read_registry and write_registry on this project; a job token only reaches its own"
NOTHING_HINT = "check the spelling of the project, that its registry is on, and that this user is a member"
REDIRECTS = (301, 302, 303, 307, 308)
_NO_SPACE = 28
_STATUS = {
    404: ("the registry knows no such repository or tag", "check the spelling"),
    405: ("the registry is read-only now", "wait until its garbage collection ends"),
    413: ("a proxy refuses bodies of this size", "set client_max_body_size 0 in every proxy before the registry"),
    429: ("too many requests", "wait, then try again"),
    502: ("the proxy answers, the registry behind it does not (502)", "start the registry, check proxy_pass"),
    503: ("the registry is not available (503)", "look at its log; storage or database may be away"),
    504: ("the registry did not answer its proxy in time (504)", "raise proxy_read_timeout, look at its load"),
}


def of_status(response: Response, what: str, login: Credentials | None = None) -> RegistryError:
    """Return the failure that the status of an answer about `what` means; UnavailableError when it may pass.

    `login` is whose password was sent, where the registry takes passwords itself; `what` begins with the registry.
    """
    status, registry = response.status, what.partition("/")[0]
    if status == 401:
        return not_accepted(registry, login) if login else _unauthorised(response, what)
    if status == 403:
        return DeniedError(f"{what}: the registry forbids it{_said(response)}", hint=PUSH_HINT)
    if _errno(response) == _NO_SPACE:
        return RegistryError(
            f"{what}: the registry's disk is full", hint="free space there: clean up tags, then collect garbage"
        )
    if status in _STATUS:
        message, hint = _STATUS[status]
        return _kind(status)(f"{what}: {message}", hint=hint)
    if status in REDIRECTS or is_html(response):
        return not_a_registry(registry, response)
    kind = UnavailableError if is_transient(status) else RegistryError
    return kind(f"{what}: the registry answers {status}{_said(response)}", hint="look at the registry's log")


def not_accepted(registry: str, credentials: Credentials) -> CredentialsError:
    """Return the failure for a user and a password that a registry does not take, or misses."""
    if not credentials.user:
        return CredentialsError(f"{registry} wants a user and a password, and there is none", hint=LOGIN_HINT)
    message = f"{registry} does not accept the password of {credentials.who}"
    return CredentialsError(message, hint="correct the password or token")


def not_a_registry(registry: str, response: Response) -> TransportError:
    """Return the failure for an answer that no registry gives: a page, a redirect, a status without its header."""
    kind = "an HTML page" if is_html(response) else f"status {response.status} without a registry's headers"
    if response.status in REDIRECTS:
        kind = f"a redirect to {response.headers.get('location', 'nowhere').partition('?')[0][:120]}"
    return TransportError(
        f"{registry} does not speak the registry protocol: /v2/ answers {kind}",
        hint="check the address and port, and where the proxy leads",
    )


def read_object(response: Response, registry: str) -> Mapping[str, object]:
    """Return a JSON object, empty for other JSON; TransportError for what is none."""
    try:
        said = json.loads(response.body)
    except (ValueError, RecursionError) as error:
        raise not_a_registry(registry, response) from error
    return said if isinstance(said, dict) else {}


def is_html(response: Response) -> bool:
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
        )
    return DeniedError(f"{what}: the credentials do not allow this", hint=PUSH_HINT)


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
