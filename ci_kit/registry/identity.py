"""Who asks one registry: its challenge, the tokens for what is done there, and what they allow.

Source: Distribution docs "Token Authentication Specification".
"""

import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

from ci_kit.errors import DeniedError, TransportError
from ci_kit.model.causes import told
from ci_kit.registry import refusal
from ci_kit.registry.auth import Challenge, Credentials, Token, claims, fetch_token, parse_challenge
from ci_kit.registry.transport import Request, Response, Stream, Transport, scheme_of


class Identity:
    """One user at one registry. Tokens are asked for when needed, renewed before they end, and shared by all threads.

    With `actions` (repository -> `pull` or `pull,push`) one token holds for all of them, which is what GitLab wants of
    a mount: to pull there and push here, both at once. Without, each repository and kind of action gets its own.
    """

    def __init__(self, registry: str, credentials: Credentials, actions: Mapping[str, str] | None = None) -> None:
        """Keep who we are and what we are going to do; nothing is sent yet."""
        self.registry = registry
        self.credentials = credentials
        self.scheme = scheme_of(registry)
        self._actions = dict(actions or {})
        self._challenge: Challenge | None = None
        self._tokens: dict[tuple[str, str], Token] = {}
        self._renewal = threading.Lock()

    @property
    def base(self) -> str:
        """The address of the registry's API, up to the slash."""
        return f"{self.scheme}://{self.registry}/v2/"

    def challenge(self, transport: Transport) -> Challenge:
        """Return what the registry asks for; TransportError when what answers is none."""
        if self._challenge is None:
            self._challenge = self._read_challenge(self._first_answer(transport))
        return self._challenge

    def sign(self, transport: Transport, headers: Mapping[str, str], repository: str, actions: str) -> dict[str, str]:
        """Return `headers` with the Authorization for `actions` on `repository`."""
        challenge = self.challenge(transport)
        if challenge.scheme == "bearer":
            return {**headers, "Authorization": f"Bearer {self.token(transport, repository, actions).value}"}
        if challenge.scheme == "basic" and self.credentials.user:
            return {**headers, "Authorization": self.credentials.basic()}
        return dict(headers)

    def token(self, transport: Transport, repository: str, actions: str) -> Token:
        """Return a token for `actions` on `repository`; CredentialsError or DeniedError when there is none for us."""
        key, challenge = self._key(repository, actions), self.challenge(transport)
        with self._renewal:
            token = self._tokens.get(key)
            if token is None or not token.fresh:
                token = fetch_token(transport, challenge, self.credentials, self._scopes(repository, actions))
                self._tokens[key] = token
        return token

    def known_token(self, repository: str, actions: str) -> Token | None:
        """Return the token that was asked for before, fresh or not."""
        return self._tokens.get(self._key(repository, actions))

    def is_over(self, response: Response | Stream, repository: str, actions: str, token: Token | None) -> bool:
        """Tell whether a refusal means that a token which served before has ended; it is forgotten then.

        Another thread may have renewed it already, which is left so.
        """
        if response.status != 401 or token is None:
            return False
        if parse_challenge(response.headers.get("www-authenticate", "")).error == "insufficient_scope":
            return False
        key = self._key(repository, actions)
        with self._renewal:
            if self._tokens.get(key) is token:
                del self._tokens[key]
        return True

    def check(self, transport: Transport, repository: str, actions: str, wished: str = "") -> Token | None:
        """Return when `actions` on `repository` are granted; else raise the RegistryError that says what is wrong.

        `wished` is asked for besides and may be missing. Returns the token, None from a registry that gives none.
        """
        challenge = self.challenge(transport)
        if challenge.scheme == "bearer":
            token = self.token(transport, repository, ",".join(filter(None, (actions, wished))))
            self._require_grant(transport, token, repository, actions)
            return token
        self._require_password(transport, challenge)
        return None

    def check_all(self, transport: Transport) -> Token | None:
        """Return as `check` for all the actions that were named at the beginning."""
        challenge = self.challenge(transport)
        self._require_password(transport, challenge)
        if challenge.scheme != "bearer":
            return None
        token = self.token(transport, "", "")
        for repository, actions in self._actions.items():
            self._require_grant(transport, token, repository, actions)
        return token

    def check_password(self, transport: Transport) -> Token | None:
        """Return when user and password are accepted, whatever they may do: a token, None where there are none."""
        challenge = self.challenge(transport)
        if challenge.scheme == "bearer":
            return fetch_token(transport, challenge, self.credentials, ())
        self._require_password(transport, challenge)
        return None

    @property
    def password_sent(self) -> Credentials | None:
        """Whose password the registry gets itself; None where it takes tokens."""
        return self.credentials if self._challenge and self._challenge.scheme == "basic" else None

    def _key(self, repository: str, actions: str) -> tuple[str, str]:
        return ("", "") if self._actions else (repository, actions)

    def _scopes(self, repository: str, actions: str) -> tuple[str, ...]:
        if self._actions:
            return tuple(f"repository:{name}:{each}" for name, each in self._actions.items())
        return (f"repository:{repository}:{actions}" if repository else "registry:catalog:*",)

    def _first_answer(self, transport: Transport) -> Response:
        """Return what `/v2/` answers; on the loopback, where plain HTTP is tried first, TLS is tried as well."""
        try:
            response = transport.send(Request("GET", self.base, {}))
        except TransportError:
            if self.scheme == "https":
                raise
            response = None
        if self.scheme == "http" and (response is None or response.status == 400):
            self.scheme = "https"
            response = transport.send(Request("GET", self.base, {}))
        assert response is not None
        return response

    def _read_challenge(self, response: Response) -> Challenge:
        is_registry = "docker-distribution-api-version" in response.headers
        challenge = parse_challenge(response.headers.get("www-authenticate", ""))
        if response.status == 401 and challenge.scheme in ("basic", "bearer"):
            return challenge
        if response.status == 200 and (is_registry or "json" in response.headers.get("content-type", "")):
            return Challenge("none", "", "", "")
        if response.status in (429, 500, 502, 503, 504):
            raise refusal.of_status(response, self.registry)
        raise refusal.not_a_registry(self.registry, response)

    def _require_grant(self, transport: Transport, token: Token, repository: str, actions: str) -> None:
        granted = token.allows(repository)
        missing = set(actions.split(",")) - granted if granted is not None else set()
        if not missing or "*" in (granted or ()):
            return
        if not self.credentials.user:
            raise refusal.not_accepted(self.registry, self.credentials)
        who, where = self.credentials.who, f"{self.registry}/{repository}"
        if granted:
            has, lacks = (" and ".join(sorted(actions)) for actions in (granted, missing))
            raise DeniedError(f"{who} may {has}, but not {lacks} on {where}", **told("read-only-credential"))
        self._require_arrival(transport, token)
        raise DeniedError(f"{who} may do nothing on {where}", **told("nothing-granted"))

    def _require_arrival(self, transport: Transport, token: Token) -> None:
        """Return when the realm has seen our password; a token for nobody, and none without scope, say it has not.

        A deploy token has no subject either, but gets a token without scope.
        """
        if claims(token).get("sub"):
            return
        challenge = self.challenge(transport)
        try:
            fetch_token(transport, challenge, self.credentials, ())
        except DeniedError as error:
            raise TransportError(
                f"{urlsplit(challenge.realm).netloc} does not see the password of {self.credentials.who}",
                **told("authorization-stripped"),
            ) from error

    def _require_password(self, transport: Transport, challenge: Challenge) -> None:
        """Return when the registry takes our password, or asks for none; CredentialsError when it does not."""
        if challenge.scheme != "basic":
            return
        headers = {"Authorization": self.credentials.basic()} if self.credentials.user else {}
        response = transport.send(Request("GET", self.base, headers))
        if response.status == 401:
            raise refusal.not_accepted(self.registry, self.credentials)
        if response.status != 200:
            raise refusal.of_status(response, self.registry, self.credentials)
