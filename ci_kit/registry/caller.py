"""Signed requests to one registry: sent again when they may pass, and with a new token when the old one has ended."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeVar
from urllib.parse import SplitResult, urlsplit

from ci_kit.errors import RegistryError, TransportError
from ci_kit.model.causes import told
from ci_kit.registry import refusal
from ci_kit.registry.auth import Challenge, Credentials, Token
from ci_kit.registry.identity import Identity
from ci_kit.registry.patience import Patience
from ci_kit.registry.transport import Request, Response, Stream, Transport, follow

_FULL = ("http://", "https://")
_Answered = TypeVar("_Answered", Response, Stream)


class Call(NamedTuple):
    """A request below `/v2/<repository>/`, or to the full URL in `path`, with the actions it needs a token for.

    Without `again` it is sent once, whatever becomes of it.
    """

    method: str
    repository: str
    path: str
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes | None = None
    actions: str = "pull"
    again: bool = True


class Caller:
    """One identity at one registry, over connections of its own; not for several threads at once."""

    def __init__(self, identity: Identity, transport: Transport) -> None:
        """Keep both; nothing is sent yet."""
        self.identity = identity
        self._transport = transport

    @property
    def registry(self) -> str:
        """The registry's `host[:port]`."""
        return self.identity.registry

    @property
    def credentials(self) -> Credentials:
        """Who we are."""
        return self.identity.credentials

    @property
    def patience(self) -> Patience:
        """How often and how long is asked again; shared with the siblings."""
        return self._transport.patience

    def same_identity(self, other: "Caller") -> bool:
        """Tell whether both are one user at one registry: then one may mount what the other reads."""
        return self.registry == other.registry and self.credentials == other.credentials

    def send(self, call: Call) -> Response:
        """Return the answer, whatever its status; a token that served before and is refused now is renewed once."""
        return self._renewing(call, lambda request: self._transport.send(request))

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
        return self.send(Call(method, repository, path, headers or {}, body, "pull,push"))

    def send_pieces(self, repository: str, request: Request) -> tuple[Response, bool]:
        """Return the answer to a request whose body comes in pieces, and whether our token has ended; sent once."""
        token = self.identity.known_token(repository, "pull,push")
        headers = self.identity.sign(self._transport, request.headers, repository, "pull,push")
        response = self._transport.send(Request(request.method, request.url, headers, request.body))
        return response, self.identity.is_over(response, repository, "pull,push", token)

    def stream(self, repository: str, digest: str, headers: Mapping[str, str]) -> Stream:
        """Return a blob to be read; a redirect to a store is followed once, without our credentials."""
        call = Call("GET", repository, f"blobs/{digest}", headers)
        found = self._renewing(call, self._transport.stream)
        if found.status not in refusal.REDIRECTS:
            return found
        found.close()
        store = follow(self.url(call), found.headers.get("location", ""))
        return self._transport.stream(Request("GET", store, headers))

    def fetch(self, call: Call) -> Response:
        """Return the answer to a GET; a redirect to a store is followed once, without our credentials."""
        response = self.send(call)
        if response.status not in refusal.REDIRECTS:
            return response
        store = follow(self.url(call), response.headers.get("location", ""))
        return self._transport.send(Request("GET", store, {}))

    def challenge(self) -> Challenge:
        """Return how the registry wants us to log in; TransportError when what answers is none."""
        return self.identity.challenge(self._transport)

    def token(self, repository: str, actions: str) -> Token:
        """Return the token for `actions` on `repository`, granted or not; RegistryError when there is none for us."""
        return self.identity.token(self._transport, repository, actions)

    def visit(self, request: Request) -> Response:
        """Return the answer to a request to any address, to which nothing of ours is added."""
        return self._transport.send(request)

    def show(self, token: Token) -> Response:
        """Return what `/v2/` answers to `token`."""
        return self._transport.send(Request("GET", self.identity.base, {"Authorization": f"Bearer {token.value}"}))

    def failure(self, response: Response | Stream, what: str) -> RegistryError:
        """Return what an answer that was not hoped for means."""
        if isinstance(response, Stream):
            response = Response(response.status, response.headers, b"")
        return refusal.of_status(response, what, self.identity.password_sent)

    def require(self, response: Response, expected: tuple[int, ...], what: str) -> None:
        """Return when the status is one of those `expected`; else raise what it means."""
        if response.status not in expected:
            raise self.failure(response, what)

    def upload_address(self, repository: str, response: Response, base: str = "") -> str:
        """Return where an upload goes on; TransportError when the registry sends it elsewhere or nowhere."""
        if "location" not in response.headers:
            raise refusal.not_a_registry(self.registry, response)
        base = base or self.url(Call("POST", repository, "blobs/uploads/"))
        found = follow(base, response.headers["location"])
        self._require_here(urlsplit(found))
        return found

    def url(self, call: Call) -> str:
        """Return the full address of a call."""
        if call.path.startswith(_FULL):
            return call.path
        return f"{self.identity.base}{call.repository}{'/' if call.repository else ''}{call.path}"

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _renewing(self, call: Call, send: Callable[[Request], _Answered]) -> _Answered:
        token = self.identity.known_token(call.repository, call.actions)
        answered = send(self._signed(call))
        if not self.identity.is_over(answered, call.repository, call.actions, token):
            return answered
        if isinstance(answered, Stream):
            answered.close()
        return send(self._signed(call))

    def _signed(self, call: Call) -> Request:
        headers = self.identity.sign(self._transport, call.headers, call.repository, call.actions)
        return Request(call.method, self.url(call), headers, call.body, call.again)

    def _require_here(self, said: SplitResult) -> None:
        """Refuse an upload address that leads elsewhere: a proxy that hides the scheme or the port."""
        scheme = self.identity.scheme
        if said.scheme != scheme:
            message = f"{self.registry} sends uploads to {said.scheme}://{said.netloc}, not {scheme}"
            raise TransportError(message, **told("no-forwarded-proto"))
        asked = urlsplit(self.identity.base)
        if _address(said) != _address(asked):
            cause = "host-without-port" if said.hostname == asked.hostname else "host-not-passed"
            raise TransportError(f"{self.registry} sends uploads to {said.netloc}", **told(cause))


def _address(url: SplitResult) -> tuple[str, int]:
    """Return host and port, so that a default port that is spelled out is no other address."""
    try:
        return url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    except ValueError:
        return url.netloc, 0
