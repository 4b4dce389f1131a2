"""A client for long work: one token for several repositories, renewed when the registry says it is over."""

from collections.abc import Mapping

from ci_kit.errors import RegistryError
from ci_kit.registry.auth import ANONYMOUS, Credentials, Token, fetch_token, parse_challenge
from ci_kit.registry.client import RegistryClient, _Call, not_a_registry
from ci_kit.registry.patience import PatientTransport
from ci_kit.registry.transport import Request, Response, Stream, follow

_REDIRECTS = (301, 302, 303, 307, 308)


class PatientClient(RegistryClient):
    """A registry client whose tokens hold for all of `actions`: repository -> `pull` or `pull,push`.

    GitLab mounts a blob only for a token that may pull there and push here, both at once.
    """

    _transport: PatientTransport

    def __init__(
        self,
        registry: str,
        transport: PatientTransport,
        credentials: Credentials = ANONYMOUS,
        actions: Mapping[str, str] | None = None,
    ) -> None:
        """Keep who we are and what we are going to do; nothing is sent yet."""
        super().__init__(registry, transport, credentials)
        self._actions = dict(actions or {})
        self._known_good = False

    def grant(self) -> Token | None:
        """Return the token after a look at what it allows, None where there are none; RegistryError when it lacks.

        Nothing is written: `/v2/` is asked, and the token service or, with a password, `/v2/` again.
        """
        challenge = self._find_challenge()
        if challenge.scheme == "basic":
            self._require_login()
        if challenge.scheme != "bearer":
            return None
        token = self._token("", "")
        for repository, actions in self._actions.items():
            self._require_grant(token, repository, actions)
        return token

    def ask(
        self,
        method: str,
        repository: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        body: bytes | None = None,
    ) -> Response:
        """Return the answer, whatever its status; `path` is below `/v2/<repository>/`, or a full address."""
        return self._send(_Call(method, repository, path, headers or {}, body))

    def send_pieces(self, request: Request) -> Response:
        """Return the answer to a request whose body comes in pieces, with our Authorization; it is sent once."""
        return self._transport.send(Request(request.method, request.url, self._signed(request.headers), request.body))

    def stream(self, repository: str, digest: str, headers: Mapping[str, str]) -> Stream:
        """Return a blob to be read; a redirect to a store is followed once, without our credentials."""
        url = self._url(repository, f"blobs/{digest}")
        found = self._stream_again(Request("GET", url, headers))
        if found.status not in _REDIRECTS:
            return found
        found.close()
        return self._transport.stream(Request("GET", follow(url, found.headers.get("location", "")), headers))

    def failure(self, response: Response | Stream, what: str) -> RegistryError:
        """Return what an answer that was not hoped for means."""
        if isinstance(response, Stream):
            response = Response(response.status, response.headers, b"")
        return self._status_error(response, what)

    def upload_address(self, repository: str, response: Response, base: str = "") -> str:
        """Return where an upload goes on; TransportError when the registry sends it elsewhere or nowhere."""
        if "location" not in response.headers:
            raise not_a_registry(self.registry, response)
        found = follow(base or self._url(repository, "blobs/uploads/"), response.headers["location"])
        self._require_location(found)
        return found

    def twin(self) -> "PatientClient":
        """Return a client for another thread: the same identity, tokens and challenge, connections of its own."""
        made = PatientClient(self.registry, self._transport.twin(), self.credentials, self._actions)
        made._scheme, made._challenge, made._tokens = self._scheme, self._challenge, self._tokens
        made._known_good = self._known_good
        return made

    def same_identity(self, other: "PatientClient") -> bool:
        """Tell whether both are one user at one registry: then one may mount what the other reads."""
        return self.registry == other.registry and self.credentials == other.credentials

    def renew(self) -> None:
        """Forget the tokens: the next request asks for a new one."""
        self._tokens.clear()

    def _token(self, repository: str, actions: str) -> Token:
        """Return the one token for all that we are going to do."""
        token = self._tokens.get(("", ""))
        if token is None or not token.fresh:
            scopes = tuple(f"repository:{name}:{actions}" for name, actions in self._actions.items())
            token = fetch_token(self._transport, self._find_challenge(), self.credentials, scopes)
            self._tokens["", ""] = token
        return token

    def _send(self, call: _Call) -> Response:
        """Send, and once more with a new token when one that was good is not good any more."""
        response = super()._send(call)
        if self._is_over(response):
            self.renew()
            response = super()._send(call)
        self._known_good = self._known_good or response.status < 400
        return response

    def _stream_again(self, request: Request) -> Stream:
        found = self._transport.stream(Request("GET", request.url, self._signed(request.headers)))
        if self._is_over(found):
            found.close()
            self.renew()
            found = self._transport.stream(Request("GET", request.url, self._signed(request.headers)))
        return found

    def _is_over(self, response: Response | Stream) -> bool:
        said = parse_challenge(response.headers.get("www-authenticate", ""))
        renewable = self._known_good and said.scheme == "bearer" and said.error != "insufficient_scope"
        return response.status == 401 and renewable

    def is_over(self, response: Response) -> bool:
        """Tell whether a refusal means that a good token has ended, and forget it then."""
        over = self._is_over(response)
        if over:
            self.renew()
        return over

    def wait(self, seconds: float) -> None:
        """Sleep between two tries."""
        self._transport.sleep(seconds)

    def _signed(self, headers: Mapping[str, str]) -> dict[str, str]:
        challenge = self._find_challenge()
        if challenge.scheme == "bearer":
            return {**headers, "Authorization": f"Bearer {self._token('', '').value}"}
        if challenge.scheme == "basic" and self.credentials.user:
            return {**headers, "Authorization": self.credentials.basic()}
        return dict(headers)
