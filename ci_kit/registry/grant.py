"""What credentials may do on a repository, and until when: read from the token and proved by trying.

Sources: Distribution docs "Token Authentication Specification"; GitLab's
app/services/auth/container_registry_authentication_service.rb.
"""

import time
from collections.abc import Mapping
from typing import NamedTuple

from ci_kit.errors import TransportError
from ci_kit.model.causes import told
from ci_kit.model.image import ImageRef
from ci_kit.registry import trial
from ci_kit.registry.auth import Token, claims, parse_challenge
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.transport import Response

PULL, PUSH, PASSWORD = "pull", "push", "password"
_LEEWAY = 60  # seconds that Distribution forgives between two clocks


class Grant(NamedTuple):
    """The outcome of asking: `proved` is what was tried, PULL or PUSH on `repository`, or PASSWORD alone.

    `actions` are the token's, sorted; empty when nothing says. `expires` is the token's end in seconds since the epoch
    and `seconds` its whole life, 0 without a token. `kept_from` are patterns of tags by the action that they refuse.
    """

    proved: str
    repository: str = ""
    actions: tuple[str, ...] = ()
    expires: float = 0.0
    seconds: float = 0.0
    kept_from: tuple[tuple[str, tuple[str, ...]], ...] = ()
    note: str = ""


def ask(client: RegistryClient, repository: str, purpose: str) -> Grant:
    """Return the grant on `repository` for PULL or PUSH after a trial; the RegistryError that docker would meet later.

    The trial of PUSH is an upload of 1.2 MB that is cancelled, of PULL a question for a tag. One attempt at a password.
    """
    # A repository whose path is protected refuses a scope with push in it, also to those who only pull.
    needed, wished = ("pull,push", "delete") if purpose == PUSH else ("pull", "")
    token = client.check(repository, needed, wished)
    note = _note_of_acceptance(client, token)
    if purpose == PUSH:
        trial.run(client, repository)
    else:
        client.digest(ImageRef(client.registry, repository, "latest"))
    return _grant(token, purpose, repository, note)


def ask_password(client: RegistryClient) -> Grant:
    """Return that user and password are accepted, which says nothing of any repository; else raise a RegistryError."""
    token = client.check_password()
    return _grant(token, PASSWORD, "", _note_of_acceptance(client, token))


def _grant(token: Token | None, proved: str, repository: str, note: str) -> Grant:
    if token is None:
        return Grant(proved, repository, (PULL, PUSH) if proved == PUSH else (PULL,) if proved == PULL else ())
    said = claims(token)
    return Grant(
        proved,
        repository,
        tuple(sorted(token.allows(repository) or ())),
        token.expires,
        max(0.0, token.expires - _number(said.get("iat"), time.time())),
        kept_from(said, repository),
        note,
    )


def acceptance(client: RegistryClient, token: Token) -> float | None:
    """Return how many seconds this machine's clock is ahead of the registry's, None when it tells no time.

    TransportError when the registry refuses the token of its own realm, or does not get it.
    """
    response = client.show(token)
    now = _date(response)
    if response.status == 401:
        error = parse_challenge(response.headers.get("www-authenticate", "")).error
        raise _refusal(client.registry, claims(token), now) if error == "invalid_token" else _unseen(client.registry)
    if response.status in (400, 431):
        raise client.failure(response, client.registry)
    return time.time() - now if now else None


def _note_of_acceptance(client: RegistryClient, token: Token | None) -> str:
    """Return a note on this machine's clock; TransportError as for `acceptance`."""
    apart = acceptance(client, token) if token else None
    far = apart is not None and abs(apart) > _LEEWAY
    return f"this machine's clock is {_apart(apart or 0.0)} that of {client.registry}" if far else ""


def _unseen(registry: str) -> TransportError:
    return TransportError(f"{registry} does not see the token that is sent", **told("authorization-stripped-registry"))


def _refusal(registry: str, said: Mapping[str, object], now: float) -> TransportError:
    apart = now - _number(said.get("iat"), now) if now else 0.0
    if abs(apart) > _LEEWAY:
        return TransportError(
            f"{registry} refuses the token of its own realm: its clock is {_apart(apart)} the realm's",
            **told("clock-skew"),
        )
    end = _number(said.get("exp"), 0.0)
    if now and end and end <= now:
        message = f"{registry} refuses the token of its own realm: it ended {now - end:.0f} s before it was shown"
        return TransportError(message, **told("token-short-life"))
    names = (("issuer", "iss"), ("audience", "aud"), ("key", "kid"))
    seen = ", ".join(f"{name} {str(said.get(claim, ''))[:80]!r}" for name, claim in names)
    return TransportError(
        f"{registry} refuses the token of its own realm, which has {seen}",
        **told("token-rejected"),
    )


def _apart(seconds: float) -> str:
    return f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'}"


def kept_from(said: Mapping[str, object], repository: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the tags that GitLab protects from this user, as the claims of its token say: (action, patterns)."""
    found: dict[str, tuple[str, ...]] = {}
    access = said.get("access")
    for item in access if isinstance(access, list) else ():
        meta = item.get("meta") if isinstance(item, dict) and item.get("name") == repository else None
        denied = meta.get("tag_deny_access_patterns") if isinstance(meta, dict) else None
        for action, patterns in denied.items() if isinstance(denied, dict) else ():
            if isinstance(patterns, list) and patterns:
                found[str(action)] = tuple(map(str, patterns))
    return tuple(sorted(found.items()))


def _number(said: object, default: float) -> float:
    return float(said) if isinstance(said, int | float) and abs(said) < 1e12 else default


def _date(response: Response) -> float:
    """Return when the server says that it answered, 0 when it does not say."""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0
