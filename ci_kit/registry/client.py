"""A repository's side of a registry: check, manifests, tags, blobs; every refusal with its cause.

Source: OCI "Distribution Specification" 1.1, "Endpoints".
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from ci_kit.errors import (
    CredentialsError,
    DeniedError,
    NotPushedError,
    RegistryError,
    TransportError,
    UnknownNameError,
)
from ci_kit.model.grammar import REPOSITORY
from ci_kit.model.image import ImageRef
from ci_kit.registry.auth import (
    ANONYMOUS,
    LOGIN_HINT,
    Challenge,
    Credentials,
    Token,
    claims,
    fetch_token,
    parse_challenge,
)
from ci_kit.registry.reference import is_tag
from ci_kit.registry.transport import Request, Response, Transport, follow, scheme_of

MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ACCEPT = {"Accept": ", ".join(MANIFEST_TYPES)}
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
_PROBE_SIZE = 1_200_000  # above nginx's default body limit of 1 MiB
_NO_SPACE = 28
_FULL = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as the registry holds it: exact bytes, their type, and the digest that we computed."""

    digest: str
    media_type: str
    content: bytes

    def document(self) -> Mapping[str, object]:
        """Return the manifest as JSON; RegistryError when it is not an object."""
        try:
            said = json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise RegistryError(f"the manifest {self.digest} is not JSON") from error
        if not isinstance(said, dict):
            raise RegistryError(f"the manifest {self.digest} is not a JSON object")
        return said


@dataclass(frozen=True, slots=True)
class _Call:
    """A request below `/v2/<repository>/`, or to the full URL in `path`, with the actions it needs a token for."""

    method: str
    repository: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    actions: str = "pull"


class RegistryClient:
    """One registry and one identity. Tokens are asked for when needed and renewed before they expire."""

    def __init__(self, registry: str, transport: Transport, credentials: Credentials = ANONYMOUS) -> None:
        """Keep who we are; nothing is sent yet."""
        self.registry = registry
        self.credentials = credentials
        self._transport = transport
        self._scheme = scheme_of(registry)
        self._challenge: Challenge | None = None
        self._tokens: dict[tuple[str, str], Token] = {}
        self._renewal = threading.Lock()

    def sibling(self) -> "RegistryClient":
        """Return a client with connections of its own for another thread; what is known and the tokens are shared."""
        made = RegistryClient(self.registry, self._transport.twin(), self.credentials)
        made._challenge = self._find_challenge()
        made._scheme = self._scheme
        made._tokens, made._renewal = self._tokens, self._renewal
        return made

    def check(self, repository: str, actions: str = "pull,push", wished: str = "") -> Token | None:
        """Return when `actions` on `repository` are granted; else raise the RegistryError that says what is wrong.

        One request to `/v2/`, one for the token. Nothing is written. `wished` is asked for besides and may be missing.
        Returns the token, None from a registry that gives none.
        """
        challenge = self._find_challenge()
        if challenge.scheme == "bearer":
            token = self._token(repository, ",".join(filter(None, (actions, wished))))
            self._require_grant(token, repository, actions)
            return token
        if challenge.scheme == "basic":
            self._require_login()
        return None

    def check_password(self) -> Token | None:
        """Return when user and password are accepted, whatever they may do: a token, None where there are none."""
        challenge = self._find_challenge()
        if challenge.scheme == "bearer":
            return fetch_token(self._transport, challenge, self.credentials, ())
        if challenge.scheme == "basic":
            self._require_login()
        return None

    def show(self, token: Token) -> Response:
        """Return what `/v2/` answers to `token`."""
        headers = {"Authorization": f"Bearer {token.value}"}
        return self._transport.send(Request("GET", f"{self._scheme}://{self.registry}/v2/", headers))

    def digest(self, reference: ImageRef) -> str:
        """Return the digest that the registry reports for a tag or digest, empty when it has none of it."""
        response = self._send(_Call("HEAD", reference.repository, _manifest(reference), _ACCEPT))
        if response.status == 404:
            return ""
        self._require_status(response, (200,), f"{reference}")
        digest = response.headers.get("docker-content-digest", "")
        if not digest:
            raise not_a_registry(self.registry, response)
        return digest

    def manifest(self, reference: ImageRef) -> Manifest:
        """Return the manifest; NotPushedError when absent, TransportError when its bytes are not its digest."""
        found = self.find_manifest(reference)
        if found is None:
            raise NotPushedError(f"{reference} is not in the registry", hint="push it first")
        return found

    def find_manifest(self, reference: ImageRef, known: str = "") -> Manifest | None:
        """Return the manifest as `manifest` does, None when absent; empty bytes when it is still the digest `known`."""
        condition = {"If-None-Match": f'"{known}"'} if known else {}
        response = self._send(_Call("GET", reference.repository, _manifest(reference), {**_ACCEPT, **condition}))
        if response.status == 404:
            return None
        if response.status == 304 and known:
            return Manifest(known, "", b"")
        self._require_status(response, (200,), f"{reference}")
        said = response.headers.get("docker-content-digest", "")
        if not said:
            raise not_a_registry(self.registry, response)
        computed = f"sha256:{hashlib.sha256(response.body).hexdigest()}"
        if computed != said or (reference.digest and computed != reference.digest):
            raise TransportError(
                f"{reference}: the manifest's bytes are {computed}, not {said}", hint="a proxy changes them"
            )
        return Manifest(computed, response.headers.get("content-type", "").partition(";")[0], response.body)

    def put_manifest(self, reference: ImageRef, manifest: Manifest) -> None:
        """Store `manifest` under the tag of `reference`; what it names must be in the repository already."""
        headers = {"Content-Type": manifest.media_type}
        call = _Call("PUT", reference.repository, _manifest(reference), headers, manifest.content, "pull,push")
        response = self._send(call)
        self._require_status(response, (201,), f"{reference}")

    def tags(self, repository: str) -> Iterator[str]:
        """Yield every tag, following the pages; nothing when the repository is not there.

        What breaks the grammar of tags is left out: it could not be asked for, and may steer a terminal.
        """
        yield from filter(is_tag, self._pages(repository, "tags/list?n=1000", "tags"))

    def catalog(self) -> Iterator[str]:
        """Yield every repository that the registry lists; DeniedError where only administrators may ask."""
        yield from filter(REPOSITORY.match, self._pages("", "_catalog?n=100", "repositories"))

    def blob(self, repository: str, digest: str) -> bytes:
        """Return a small blob (a configuration); one redirect to a store is followed, without our credentials."""
        response = self._send(_Call("GET", repository, f"blobs/{digest}"))
        if response.status in (301, 302, 303, 307, 308):
            store = follow(self._url(repository, f"blobs/{digest}"), response.headers.get("location", ""))
            response = self._transport.send(Request("GET", store, {}))
        self._require_status(response, (200,), f"{self.registry}/{repository}@{digest}")
        if f"sha256:{hashlib.sha256(response.body).hexdigest()}" != digest:
            raise TransportError(f"{digest}: the blob's bytes are not its digest", hint="a proxy changes them")
        return response.body

    def probe_upload(self, repository: str) -> None:
        """Start an upload, send 1.2 MB, cancel: raise the RegistryError that a push would meet, nothing is kept."""
        where, actions = f"{self.registry}/{repository}", "pull,push,delete"
        started = self._send(_Call("POST", repository, "blobs/uploads/", body=b"", actions=actions))
        self._require_status(started, (202,), where)
        if "location" not in started.headers:
            raise not_a_registry(self.registry, started)
        location = follow(self._url(repository, ""), started.headers["location"])
        self._require_location(location)
        headers = {"Content-Type": "application/octet-stream", "Content-Range": f"0-{_PROBE_SIZE - 1}"}
        sent = self._send(_Call("PATCH", repository, location, headers, bytes(_PROBE_SIZE), actions))
        with suppress(RegistryError):  # that an upload cannot be cancelled is not the cause that is looked for
            cancel = follow(location, sent.headers.get("location", location))
            self._require_location(cancel)
            self._send(_Call("DELETE", repository, cancel, actions=actions))
        self._require_status(sent, (202, 204), where)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _pages(self, repository: str, path: str, key: str) -> Iterator[str]:
        """Yield the names under `key`, page after page; nothing when there is no such list."""
        base, seen = path.partition("?")[0], set[str]()
        while path and path not in seen:
            seen.add(path)
            response = self._send(_Call("GET", repository, path))
            if response.status == 404:
                return
            self._require_status(response, (200,), f"{self.registry}/{repository}")
            names = _object(response, self.registry).get(key)
            yield from (name for name in _list(names) if isinstance(name, str))
            following = _NEXT.search(response.headers.get("link", ""))
            path = f"{base}?{urlsplit(follow(self._url(repository, path), following[1])).query}" if following else ""

    def _find_challenge(self) -> Challenge:
        if self._challenge is None:
            self._challenge = self._read_challenge(self._first_answer())
        return self._challenge

    def _first_answer(self) -> Response:
        """Return what `/v2/` answers; on the loopback, where plain HTTP is tried first, TLS is tried as well."""
        try:
            response = self._transport.send(Request("GET", f"{self._scheme}://{self.registry}/v2/", {}))
        except TransportError:
            if self._scheme == "https":
                raise
            response = None
        if self._scheme == "http" and (response is None or response.status == 400):
            self._scheme = "https"
            response = self._transport.send(Request("GET", f"https://{self.registry}/v2/", {}))
        assert response is not None
        return response

    def _read_challenge(self, response: Response) -> Challenge:
        is_registry = "docker-distribution-api-version" in response.headers
        challenge = parse_challenge(response.headers.get("www-authenticate", ""))
        if response.status == 401 and challenge.scheme in ("basic", "bearer"):
            return challenge
        if response.status == 200 and (is_registry or _is_json(response)):
            return Challenge("none", "", "", "")
        if response.status in (502, 503, 504):
            self._require_status(response, (200,), self.registry)
        raise not_a_registry(self.registry, response)

    def _token(self, repository: str, actions: str) -> Token:
        key, challenge = (repository, actions), self._find_challenge()
        with self._renewal:
            token = self._tokens.get(key)
            if token is None or not token.fresh:
                scope = f"repository:{repository}:{actions}" if repository else "registry:catalog:*"
                token = fetch_token(self._transport, challenge, self.credentials, (scope,))
                self._tokens[key] = token
        return token

    def _forget(self, call: _Call, token: Token) -> None:
        """Drop a token that the registry does not take any more, unless another thread has renewed it."""
        with self._renewal:
            if self._tokens.get((call.repository, call.actions)) is token:
                del self._tokens[call.repository, call.actions]

    def _require_grant(self, token: Token, repository: str, actions: str) -> None:
        granted = token.allows(repository)
        missing = set(actions.split(",")) - granted if granted is not None else set()
        if not missing or "*" in (granted or ()):
            return
        if not self.credentials.user:
            raise self._refused()
        who, where = self.credentials.who, f"{self.registry}/{repository}"
        if granted:
            has, lacks = (" and ".join(sorted(actions)) for actions in (granted, missing))
            raise DeniedError(f"{who} may {has}, but not {lacks} on {where}", hint=_PUSH_HINT)
        self._require_arrival(token)
        raise DeniedError(f"{who} may do nothing on {where}", hint=_NOTHING_HINT)

    def _require_arrival(self, token: Token) -> None:
        """Return when the realm has seen our password; a token for nobody, and none without scope, say it has not.

        A deploy token has no subject either, but gets a token without scope.
        """
        if claims(token).get("sub"):
            return
        challenge = self._find_challenge()
        try:
            fetch_token(self._transport, challenge, self.credentials, ())
        except DeniedError as error:
            raise TransportError(
                f"{urlsplit(challenge.realm).netloc} does not see the password of {self.credentials.who}",
                hint="let the proxy before GitLab pass the Authorization header on",
            ) from error

    def _require_login(self) -> None:
        headers = {"Authorization": self.credentials.basic()} if self.credentials.user else {}
        response = self._transport.send(Request("GET", f"{self._scheme}://{self.registry}/v2/", headers))
        if response.status == 401:
            raise self._refused()
        self._require_status(response, (200,), self.registry)

    def _refused(self) -> CredentialsError:
        if not self.credentials.user:
            return CredentialsError(
                f"{self.registry} wants a user and a password, and there is none",
                hint=LOGIN_HINT,
            )
        message = f"{self.registry} does not accept the password of {self.credentials.who}"
        return CredentialsError(message, hint="correct the password or token")

    def _send(self, call: _Call) -> Response:
        """Return the answer; a token that served before and is refused now is renewed once."""
        token = self._tokens.get((call.repository, call.actions))
        response = self._send_once(call)
        if response.status == 401 and token is not None:
            self._forget(call, token)
            response = self._send_once(call)
        return response

    def _send_once(self, call: _Call) -> Response:
        challenge = self._find_challenge()
        headers = dict(call.headers)
        if challenge.scheme == "bearer":
            headers["Authorization"] = f"Bearer {self._token(call.repository, call.actions).value}"
        elif challenge.scheme == "basic" and self.credentials.user:
            headers["Authorization"] = self.credentials.basic()
        url = call.path if call.path.startswith(_FULL) else self._url(call.repository, call.path)
        return self._transport.send(Request(call.method, url, headers, call.body))

    def _url(self, repository: str, rest: str) -> str:
        return f"{self._scheme}://{self.registry}/v2/{repository}{'/' if repository else ''}{rest}"

    def _require_location(self, location: str) -> None:
        """Refuse an upload address that leads elsewhere: a proxy that hides the scheme or the port."""
        said = urlsplit(location)
        if said.scheme != self._scheme:
            raise TransportError(
                f"{self.registry} sends uploads to {said.scheme}://{said.netloc}, not {self._scheme}",
                hint="set X-Forwarded-Proto in the proxy before the registry",
            )
        if _address(said) != _address(urlsplit(f"{self._scheme}://{self.registry}")):
            raise TransportError(
                f"{self.registry} sends uploads to {said.netloc}",
                hint="pass the Host header with its port through the proxy (nginx: $http_host)",
            )

    def _require_status(self, response: Response, expected: tuple[int, ...], what: str) -> None:
        if response.status not in expected:
            raise self._status_error(response, what)

    def _status_error(self, response: Response, what: str) -> RegistryError:
        status = response.status
        if status == 401:
            return self._unauthorised(response, what)
        if status == 403:
            return DeniedError(f"{what}: the registry forbids it{_said(response)}", hint=_PUSH_HINT)
        if _errno(response) == _NO_SPACE:
            return RegistryError(
                f"{what}: the registry's disk is full", hint="free space there: clean up tags, then collect garbage"
            )
        if status in _STATUS:
            message, hint = _STATUS[status]
            kind = UnknownNameError if status == 404 else TransportError
            return kind(f"{what}: {message}", hint=hint)
        if status in (301, 302, 303, 307, 308) or _is_html(response):
            return not_a_registry(self.registry, response)
        return RegistryError(
            f"{what}: the registry answers {status}{_said(response)}", hint="look at the registry's log"
        )

    def _unauthorised(self, response: Response, what: str) -> RegistryError:
        if parse_challenge(response.headers.get("www-authenticate", "")).error == "invalid_token":
            return TransportError(
                f"{what}: the registry does not accept the token that its own realm gave",
                hint="compare the clocks, and the issuer and key of GitLab and registry",
            )
        if self._challenge and self._challenge.scheme == "basic":
            return self._refused()
        return DeniedError(f"{what}: the credentials do not allow this", hint=_PUSH_HINT)


_PUSH_HINT = "a push needs read_registry and write_registry on this project; a job token only reaches its own"
_NOTHING_HINT = "check the spelling of the project, that its registry is on, and that this user is a member"
_STATUS = {
    404: ("the registry knows no such repository or tag", "check the spelling"),
    405: ("the registry is read-only now", "wait until its garbage collection ends"),
    413: ("a proxy refuses bodies of this size", "set client_max_body_size 0 in every proxy before the registry"),
    429: ("too many requests", "wait, then try again"),
    502: ("the proxy answers, the registry behind it does not (502)", "start the registry, check proxy_pass"),
    503: ("the registry is not available (503)", "look at its log; storage or database may be away"),
    504: ("the registry did not answer its proxy in time (504)", "raise proxy_read_timeout, look at its load"),
}


def not_a_registry(registry: str, response: Response) -> TransportError:
    """Return the failure for an answer that no registry gives: a page, a redirect, a status without its header."""
    kind = "an HTML page" if _is_html(response) else f"status {response.status} without a registry's headers"
    if response.status in (301, 302, 303, 307, 308):
        kind = f"a redirect to {response.headers.get('location', 'nowhere').partition('?')[0][:120]}"
    return TransportError(
        f"{registry} does not speak the registry protocol: /v2/ answers {kind}",
        hint="check the address and port, and where the proxy leads",
    )


def _manifest(reference: ImageRef) -> str:
    return f"manifests/{reference.digest or reference.tag or 'latest'}"


def _list(said: object) -> list[object]:
    return said if isinstance(said, list) else []


def _address(url: SplitResult) -> tuple[str, int]:
    """Return host and port, so that a default port that is spelled out is no other address."""
    try:
        return url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    except ValueError:
        return url.netloc, 0


def _is_html(response: Response) -> bool:
    return "html" in response.headers.get("content-type", "")


def _is_json(response: Response) -> bool:
    return "json" in response.headers.get("content-type", "")


def _object(response: Response, registry: str) -> Mapping[str, object]:
    try:
        said = json.loads(response.body)
    except (ValueError, RecursionError) as error:
        raise not_a_registry(registry, response) from error
    return said if isinstance(said, dict) else {}


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
