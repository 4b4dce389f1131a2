"""Who asks, and what the registry lets them do: challenges, Basic credentials and bearer tokens.

Sources: Distribution docs "Token Authentication Specification" and "OAuth2 Token Authentication"; GitLab docs
"Authenticate with the container registry".
"""

import base64
import json
import re
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from ci_kit.errors import CredentialsError, DeniedError, TransportError, UnavailableError
from ci_kit.model.causes import hint, told
from ci_kit.registry.patience import is_transient
from ci_kit.registry.transport import Request, Response, Transport, address, is_loopback

_PARAMETER = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_RENEW_BEFORE = 30.0


class Credentials:
    """A user and a password or token; neither is ever printed. `source` is the variable or file they come from.

    With `identity` the password is an identity token, which the token service takes instead of a user and a password.
    """

    def __init__(self, user: str, password: str, source: str, identity: bool = False) -> None:
        self.user = user
        self.password = password
        self.source = source
        self.identity = identity

    def __repr__(self) -> str:
        return f"Credentials(source={self.source!r}, identity={self.identity!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credentials) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.user, self.password, self.source, self.identity))

    @property
    def who(self) -> str:
        """The user and where the name comes from, for messages."""
        if self.identity:
            return f"the holder of an identity token (from {self.source})"
        return f"{self.user!r} (from {self.source})" if self.user else "an anonymous user"

    def basic(self) -> str:
        """Return the value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode(errors="surrogateescape")).decode()

    def entry(self) -> dict[str, str]:
        """Return what docker's config.json holds for them below `auths`."""
        if self.identity:
            return {"auth": base64.b64encode(f"{IDENTITY}:".encode()).decode(), "identitytoken": self.password}
        return {"auth": self.basic().removeprefix("Basic ")}

    def daemon_login(self) -> dict[str, str]:
        """Return what the Docker daemon takes for a push; empty without a user."""
        if self.identity:
            return {"identitytoken": self.password}
        return {"username": self.user, "password": self.password} if self.user else {}


ANONYMOUS = Credentials("", "", "none")
IDENTITY = "<token>"  # what docker and its credential helpers write in place of a user


class Challenge(NamedTuple):
    """What a 401 asks for: `scheme` is basic or bearer, in lower case."""

    scheme: str
    realm: str
    service: str
    error: str


class Token:
    """A bearer token of a registry; `expires` is seconds since the epoch, `margin` how long before it is renewed."""

    def __init__(
        self,
        value: str,
        expires: float = 0.0,
        access: tuple[tuple[str, frozenset[str]], ...] | None = None,
        margin: float = _RENEW_BEFORE,
    ) -> None:
        self.value = value
        self.expires = expires
        self.access = access
        self.margin = margin

    @property
    def fresh(self) -> bool:
        """Whether it will still be good in half a minute; of a short life, in a quarter of it."""
        return time.time() < self.expires - self.margin

    def allows(self, repository: str) -> frozenset[str] | None:
        """Return the actions granted on `repository`, or None when the token cannot be read."""
        if self.access is None:
            return None
        return frozenset().union(*(actions for name, actions in self.access if name == repository))


def parse_challenge(header: str) -> Challenge:
    """Return the challenge in a WWW-Authenticate header; empty parts when the header says nothing."""
    scheme, _, rest = header.partition(" ")
    said = {name.lower(): value for name, value in _PARAMETER.findall(rest)}
    return Challenge(scheme.lower(), said.get("realm", ""), said.get("service", ""), said.get("error", ""))


def fetch_token(transport: Transport, challenge: Challenge, credentials: Credentials, scopes: tuple[str, ...]) -> Token:
    """Return the token for `scopes`, asked for once; CredentialsError or DeniedError when it is refused."""
    _refuse_plain_realm(challenge.realm)
    ask = _with_identity if credentials.identity else _with_password
    return _token(transport.send(ask(challenge, credentials, scopes)), challenge.realm, credentials)


def _with_password(challenge: Challenge, credentials: Credentials, scopes: tuple[str, ...]) -> Request:
    query = urlencode([("service", challenge.service), *(("scope", scope) for scope in scopes)], quote_via=quote)
    headers = {"Accept": "application/json"}
    if credentials.user or credentials.password:
        headers["Authorization"] = credentials.basic()
    joint = "&" if "?" in challenge.realm else "?"
    return Request("GET", f"{challenge.realm}{joint}{query}", headers)


def _with_identity(challenge: Challenge, credentials: Credentials, scopes: tuple[str, ...]) -> Request:
    form = {
        "grant_type": "refresh_token",
        "service": challenge.service,
        "client_id": "ci-kit",
        "scope": " ".join(scopes),
        "refresh_token": credentials.password,
    }
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", challenge.realm, headers, urlencode(form, errors="surrogateescape").encode())


def read_token(value: str) -> Token:
    """Return what a JWT says of itself, unverified; a token we cannot read has `access` None and one minute."""
    try:
        said = _decoded(value, 1)
        access = tuple((str(item["name"]), frozenset(map(str, item["actions"]))) for item in said.get("access") or [])
        expires = float(said.get("exp", time.time() + 60))
        margin = (expires - float(said["iat"])) / 4 if "iat" in said else _RENEW_BEFORE
        return Token(value, expires, access, min(max(margin, 0.0), _RENEW_BEFORE))
    except _UNREADABLE:
        return Token(value, time.time() + 60)


def claims(token: Token) -> Mapping[str, object]:
    """Return header and claims of a JWT in one, unverified; empty when it cannot be read."""
    try:
        return {**_decoded(token.value, 0), **_decoded(token.value, 1)}
    except _UNREADABLE:
        return {}


_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)


def _decoded(value: str, part: int) -> dict[str, Any]:
    text = value.split(".")[part]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return said


def _token(response: Response, realm: str, credentials: Credentials) -> Token:
    if response.status != 200:
        raise _refusal(response, realm, credentials)
    said = _json(response.body)
    value = said.get("token") or said.get("access_token")
    # What is no visible ASCII cannot travel in a header, and http.client would quote it in its complaint.
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value):
        raise TransportError(f"{realm} answers 200, but without a token", **told("realm-wrong"))
    return read_token(value)


def _refusal(response: Response, realm: str, credentials: Credentials) -> Exception:
    who = credentials.who
    if response.status in (401, 403) and not credentials.user:
        return CredentialsError(
            f"{urlsplit(realm).netloc} wants a user and a password, and there is none", **told("no-credentials")
        )
    if response.status == 401:
        return CredentialsError(
            f"{urlsplit(realm).netloc} does not accept the password of {who}",
            **told("wrong-password"),
        )
    if response.status == 403 and b"protected repository path" in response.body:
        return DeniedError(
            f"{who} may not push to this repository: its path is protected",
            **told("protected-path"),
        )
    if response.status == 403:
        return DeniedError(
            f"{who} has no right to any registry",
            **told("no-registry-scope"),
        )
    if response.status == 404:
        cause = "registry-off" if b"not enabled" in response.body else "realm-wrong"
        return TransportError(f"{realm} answers 404", hint=hint("registry-off"), cause=cause)
    cause = "realm-error" if response.status >= 500 else "realm-wrong"
    if is_transient(response.status):
        cause = "too-many-requests" if response.status == 429 else "realm-error"
        return UnavailableError(f"{realm} answers {response.status}", **told(cause))
    return TransportError(f"{realm} answers {response.status}", hint=hint("realm-error"), cause=cause)


def _refuse_plain_realm(realm: str) -> None:
    """Refuse a token service that would get the password without TLS."""
    url = address(realm)
    if url.scheme == "http" and not is_loopback(url.netloc):
        raise TransportError(
            f"the registry wants the password sent to {realm[:120]}, without TLS",
            **told("realm-plain-http"),
        )


def _json(body: bytes) -> Mapping[str, object]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
