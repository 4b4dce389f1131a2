"""A repository's side of a registry: check, manifests, tags, blobs; every refusal with its cause.

Source: OCI "Distribution Specification" 1.1, "Endpoints".
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from ci_kit.errors import NotPushedError, RegistryError, TransportError, UnsupportedError
from ci_kit.model.grammar import REPOSITORY
from ci_kit.model.image import ImageRef
from ci_kit.registry import refusal
from ci_kit.registry.auth import ANONYMOUS, Credentials, Token
from ci_kit.registry.caller import Call, Caller
from ci_kit.registry.identity import Identity
from ci_kit.registry.patience import Patience
from ci_kit.registry.reference import is_tag
from ci_kit.registry.transport import Transport, follow

MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ACCEPT = {"Accept": ", ".join(MANIFEST_TYPES)}
# Distribution reads the link of a blob while another job writes the same one, and takes the blob for unknown.
_UNSEEN_SECONDS = (0.1, 0.4)
_RECENT = 16
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')


class Manifest(NamedTuple):
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


class RegistryClient(Caller):
    """One registry and one identity. Tokens are asked for when needed and renewed before they expire."""

    def __init__(
        self,
        registry: str,
        transport: Transport,
        credentials: Credentials = ANONYMOUS,
        actions: Mapping[str, str] | None = None,
    ) -> None:
        """Keep who we are, and with `actions` what we are going to do, as Identity has it; nothing is sent yet."""
        super().__init__(Identity(registry, credentials, actions), transport)
        self._recent: dict[tuple[str, str], Manifest | bytes] = {}

    def sibling(self, patience: Patience | None = None) -> "RegistryClient":
        """Return a client with connections of its own for another thread; what is known and the tokens are shared.

        The patience is shared too, unless it gets its own.
        """
        self.identity.challenge(self._transport)
        made = RegistryClient(self.registry, self._transport.twin(patience), self.credentials)
        made.identity = self.identity
        return made

    def check(self, repository: str, actions: str = "pull,push", wished: str = "") -> Token | None:
        """Return when `actions` on `repository` are granted; else raise the RegistryError that says what is wrong.

        One request to `/v2/`, one for the token. Nothing is written. `wished` is asked for besides and may be missing.
        Returns the token, None from a registry that gives none.
        """
        return self.identity.check(self._transport, repository, actions, wished)

    def check_all(self) -> Token | None:
        """Return as `check` for all the actions that were named at the beginning."""
        return self.identity.check_all(self._transport)

    def check_password(self) -> Token | None:
        """Return when user and password are accepted, whatever they may do: a token, None where there are none."""
        return self.identity.check_password(self._transport)

    def digest(self, reference: ImageRef) -> str:
        """Return the digest that the registry reports for a tag or digest, empty when it has none of it."""
        response = self.send(Call("HEAD", reference.repository, _manifest(reference), _ACCEPT))
        if response.status == 404:
            return ""
        self.require(response, (200,), f"{reference}")
        digest = response.headers.get("docker-content-digest", "")
        if not digest:
            raise refusal.not_a_registry(self.registry, response)
        return digest

    def manifest(self, reference: ImageRef) -> Manifest:
        """Return the manifest; NotPushedError when absent, TransportError when its bytes are not its digest.

        That of a digest which was read a moment ago is not asked for again.
        """
        kept = self._recent.get((reference.repository, reference.digest))
        if isinstance(kept, Manifest):
            return kept
        found = self.find_manifest(reference)
        if found is None:
            raise NotPushedError(f"{reference} is not in the registry", hint="push it first")
        self._keep(reference.repository, found.digest, found)
        return found

    def find_manifest(self, reference: ImageRef, known: str = "") -> Manifest | None:
        """Return the manifest as `manifest` does, None when absent; empty bytes when it is still the digest `known`."""
        condition = {"If-None-Match": f'"{known}"'} if known else {}
        response = self.send(Call("GET", reference.repository, _manifest(reference), {**_ACCEPT, **condition}))
        if response.status == 404:
            return None
        if response.status == 304 and known:
            return Manifest(known, "", b"")
        self.require(response, (200,), f"{reference}")
        said = response.headers.get("docker-content-digest", "")
        if not said:
            raise refusal.not_a_registry(self.registry, response)
        computed = f"sha256:{hashlib.sha256(response.body).hexdigest()}"
        if computed != said or (reference.digest and computed != reference.digest):
            raise TransportError(
                f"{reference}: the manifest's bytes are {computed}, not {said}",
                hint="a proxy changes them",
                cause="bytes-changed",
            )
        return Manifest(computed, response.headers.get("content-type", "").partition(";")[0], response.body)

    def put_manifest(self, reference: ImageRef, manifest: Manifest, *, again: bool = True) -> None:
        """Store `manifest` under the tag of `reference`; what it names must be in the repository already.

        UnavailableError leaves it open whether the registry has it. Not to be sent `again` is for a tag that others
        move too: they may have done so between two tries.
        """
        headers = {"Content-Type": manifest.media_type}
        call = Call("PUT", reference.repository, _manifest(reference), headers, manifest.content, "pull,push", again)
        response = self.send(call)
        for pause in _UNSEEN_SECONDS if again else ():
            if not refusal.misses_a_part(response):
                break
            self._transport.patience.sleep(pause)
            response = self.send(call)
        self.require(response, (201,), f"{reference}")

    def delete(self, reference: ImageRef) -> bool:
        """Delete a tag alone, or a digest with every tag that is at it; False when there is none of it.

        UnsupportedError where the registry cannot: Distribution 2.8 deletes by digest only, and only if it is let.
        """
        call = Call("DELETE", reference.repository, _manifest(reference), actions="pull,delete")
        response = self.send(call)
        if response.status == 404:
            return False
        if response.status == 405 or (response.status == 400 and not reference.digest):
            raise UnsupportedError(
                f"{reference}: the registry does not delete {'manifests' if reference.digest else 'single tags'}",
                hint="set storage.delete.enabled in its configuration, and end its read-only mode",
            )
        self.require(response, (200, 202, 204), f"{reference}")
        return True

    def tags(self, repository: str) -> Iterator[str]:
        """Yield every tag, following the pages; nothing when the repository is not there.

        What breaks the grammar of tags is left out: it could not be asked for, and may steer a terminal.
        """
        yield from filter(is_tag, self._pages(repository, "tags/list?n=1000", "tags"))

    def catalog(self) -> Iterator[str]:
        """Yield every repository that the registry lists; DeniedError where only administrators may ask."""
        yield from filter(REPOSITORY.match, self._pages("", "_catalog?n=100", "repositories"))

    def blob(self, repository: str, digest: str) -> bytes:
        """Return a small blob (a configuration); one redirect to a store is followed, without our credentials.

        What was read a moment ago is not asked for again.
        """
        kept = self._recent.get((repository, digest))
        if isinstance(kept, bytes):
            return kept
        response = self.fetch(Call("GET", repository, f"blobs/{digest}"))
        self.require(response, (200,), f"{self.registry}/{repository}@{digest}")
        if f"sha256:{hashlib.sha256(response.body).hexdigest()}" != digest:
            raise TransportError(
                f"{digest}: the blob's bytes are not its digest", hint="a proxy changes them", cause="bytes-changed"
            )
        self._keep(repository, digest, response.body)
        return response.body

    def _keep(self, repository: str, digest: str, what: Manifest | bytes) -> None:
        """Keep the last few things that cannot change, as their digest is their name."""
        self._recent[repository, digest] = what
        while len(self._recent) > _RECENT:
            del self._recent[next(iter(self._recent))]

    def _pages(self, repository: str, path: str, key: str) -> Iterator[str]:
        """Yield the names under `key`, page after page; nothing when there is no such list."""
        base, seen = path.partition("?")[0], set[str]()
        while path and path not in seen:
            seen.add(path)
            call = Call("GET", repository, path)
            response = self.send(call)
            if response.status == 404:
                return
            self.require(response, (200,), f"{self.registry}/{repository}")
            names = refusal.read_object(response, self.registry).get(key)
            yield from (name for name in _list(names) if isinstance(name, str))
            following = _NEXT.search(response.headers.get("link", ""))
            path = f"{base}?{urlsplit(follow(self.url(call), following[1])).query}" if following else ""


def _manifest(reference: ImageRef) -> str:
    return f"manifests/{reference.digest or reference.tag or 'latest'}"


def _list(said: object) -> list[object]:
    return said if isinstance(said, list) else []
