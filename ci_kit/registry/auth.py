"""Who asks, and what the registry lets them do: challenges, Basic credentials and bearer tokens.

Sources: Distribution docs "Token Authentication Specification"; GitLab docs "Authenticate with the container registry".
"""

import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit

from ci_kit.errors import CredentialsError, DeniedError, TransportError
from ci_kit.registry.transport import Request, Response, Transport, address, is_loopback

_PARAMETER = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_RENEW_BEFORE = 30.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user and a password or token; neither is ever printed. `source` is the variable or file they come from."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    source: str

    @property
    def who(self) -> str:
        """The user and where the name comes from, for messages."""
        return f"{self.user!r} (from {self.source})" if self.user else "an anonymous user"

    def basic(self) -> str:
        """Return the value of an Authorization header."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode(errors="surrogateescape")).decode()


LOGIN_HINT = "set CI_REGISTRY, CI_REGISTRY_USER and CI_REGISTRY_PASSWORD, or log in with docker"
ANONYMOUS = Credentials("", "", "none")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a 401 asks for: `scheme` is basic or bearer, in lower case."""

    scheme: str
    realm: str
    service: str
    error: str


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token of a registry; `expires` is seconds since the epoch, `margin` how long before it is renewed."""

    value: str = field(repr=False)
    expires: float = 0.0
    access: tuple[tuple[str, frozenset[str]], ...] | None = None
    margin: float = _RENEW_BEFORE

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
    query = urlencode([("service", challenge.service), *(("scope", scope) for scope in scopes)], quote_via=quote)
    _refuse_plain_realm(challenge.realm)
    headers = {"Accept": "application/json"}
    if credentials.user or credentials.password:
        headers["Authorization"] = credentials.basic()
    joint = "&" if "?" in challenge.realm else "?"
    response = transport.send(Request("GET", f"{challenge.realm}{joint}{query}", headers))
    return _token(response, challenge.realm, credentials)


def read_token(value: str) -> Token:
    """Return what a JWT says of itself, unverified; a token we cannot read has `access` None and one minute."""
    try:
        part = value.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        access = tuple((str(item["name"]), frozenset(map(str, item["actions"]))) for item in claims.get("access") or [])
        expires = float(claims.get("exp", time.time() + 60))
        margin = (expires - float(claims["iat"])) / 4 if "iat" in claims else _RENEW_BEFORE
        return Token(value, expires, access, min(max(margin, 0.0), _RENEW_BEFORE))
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError):
        return Token(value, time.time() + 60)


def _token(response: Response, realm: str, credentials: Credentials) -> Token:
    if response.status != 200:
        raise _refusal(response, realm, credentials)
    said = _json(response.body)
    value = said.get("token") or said.get("access_token")
    # What is no visible ASCII cannot travel in a header, and http.client would quote it in its complaint.
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value):
        raise TransportError(f"{realm} answers 200, but without a token", hint="check the token realm of the registry")
    return read_token(value)


def _refusal(response: Response, realm: str, credentials: Credentials) -> Exception:
    who = credentials.who
    if response.status in (401, 403) and not credentials.user:
        return CredentialsError(
            f"{urlsplit(realm).netloc} wants a user and a password, and there is none", hint=LOGIN_HINT
        )
    if response.status == 401:
        return CredentialsError(
            f"{urlsplit(realm).netloc} does not accept the password of {who}",
            hint="wrong or expired password; with two-factor login a token is needed; a job token ends with its job",
        )
    if response.status == 403:
        return DeniedError(
            f"{who} has no right to any registry",
            hint="give the token the scopes read_registry and write_registry",
        )
    if response.status == 404:
        return TransportError(f"{realm} answers 404", hint="turn on the registry in GitLab, or correct the token realm")
    return TransportError(f"{realm} answers {response.status}", hint="look at the log of GitLab and of its proxy")


def _refuse_plain_realm(realm: str) -> None:
    """Refuse a token service that would get the password without TLS."""
    url = address(realm)
    if url.scheme == "http" and not is_loopback(url.netloc):
        raise TransportError(
            f"the registry wants the password sent to {realm[:120]}, without TLS",
            hint="let auth.token.realm of the registry begin with https",
        )


def _json(body: bytes) -> Mapping[str, object]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
