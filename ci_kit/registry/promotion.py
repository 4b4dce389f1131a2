"""One image to several places: who may what is asked first, then parts are copied, and tags are moved last."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from ci_kit.errors import DeniedError
from ci_kit.model.image import ImageRef
from ci_kit.registry import protected_tags
from ci_kit.registry.auth import Credentials
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.side import Side, Tally
from ci_kit.registry.tag import Terms, require_movable, set_tag

# registry, who we are there, and what we are going to do: repository -> `pull` or `pull,push`
Open = Callable[[str, Credentials, Mapping[str, str]], RegistryClient]
_ANY = Terms()
_NOTHING = Tally()
_OTHERS = "or set CI_KIT_DESTINATION_USER and _PASSWORD (for SRC: CI_KIT_SOURCE_…) to a deploy token of that project"


class Wish(NamedTuple):
    """What shall go where; `destinations` have a tag, or none for a copy that is known by its digest only."""

    source: ImageRef
    destinations: tuple[ImageRef, ...]
    terms: Terms = _ANY
    with_referrers: bool = True
    dry_run: bool = False


class Promoted(NamedTuple):
    """One destination that is served: `moved` tells that the tag was not there before, `seconds` is wall time."""

    reference: ImageRef
    manifest: Manifest
    moved: bool
    seconds: float = 0.0
    tally: Tally = _NOTHING

    @property
    def pinned(self) -> str:
        """`host/path@sha256:…`."""
        return str(self.reference.with_digest(self.manifest.digest))


class Promotion:
    """A wish with the clients that fulfil it: one for each identity, with one token for all that it does."""

    def __init__(self, wish: Wish, source: Credentials, destination: Callable[[str], Credentials], open_: Open) -> None:
        """Nothing is sent yet; `destination` gives the credentials for a registry, `open_` a client."""
        self._wish = wish
        self._clients: dict[tuple[str, Credentials], RegistryClient] = {}
        actions: dict[tuple[str, Credentials], dict[str, str]] = {(wish.source.registry, source): {}}
        actions[wish.source.registry, source][wish.source.repository] = "pull"
        self._keys = [(one.registry, destination(one.registry)) for one in wish.destinations]
        for key, one in zip(self._keys, wish.destinations, strict=True):
            actions.setdefault(key, {})[one.repository] = "pull,push"
        self._clients = {key: open_(*key, repositories) for key, repositories in actions.items()}
        self.source = Side(self._clients[wish.source.registry, source], wish.source.repository)
        self._served: list[Side] = []

    def run(self) -> Iterator[Promoted]:
        """Yield each destination as soon as it is served and verified.

        RegistryError before anything is written when one of them may not be served; a later one leaves what is done.
        """
        self._require_grants()
        manifest = self.source.client.manifest(self._wish.source)
        now = [self._judged(target, reference, manifest) for target, reference in self._targets()]
        for (target, reference), digest in zip(self._targets(), now, strict=True):
            begin = time.monotonic()
            served = self._serve(target, reference, manifest, digest)
            self._served.append(target)
            yield served._replace(seconds=time.monotonic() - begin)

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()

    def _targets(self) -> Iterator[tuple[Side, ImageRef]]:
        for key, reference in zip(self._keys, self._wish.destinations, strict=True):
            yield Side(self._clients[key], reference.repository), reference

    def _require_grants(self) -> None:
        """Return when every identity may do its part; else the RegistryError that says who may not what."""
        try:
            tokens = {key: client.check_all() for key, client in self._clients.items()}
        except DeniedError as error:
            raise DeniedError(error.message, hint=f"{error.hint}; {_OTHERS}") from error
        for key, reference in zip(self._keys, self._wish.destinations, strict=True):
            protected_tags.require_tag(tokens[key], reference)

    def _judged(self, target: Side, reference: ImageRef, manifest: Manifest) -> str:
        """Return the digest at the destination now, empty when there is none; RegistryError when it may not move."""
        now = target.client.digest(_where(reference, manifest))
        require_movable(reference, now, manifest.digest, self._wish.terms)
        return now

    def _serve(self, target: Side, reference: ImageRef, manifest: Manifest, now: str) -> Promoted:
        """Copy the parts where they are not, then set the tag."""
        where = _where(reference, manifest)
        if self._wish.dry_run:
            return Promoted(reference, manifest, now != manifest.digest)
        if (target.client.registry, target.repository) == (self.source.client.registry, self.source.repository):
            # Nothing lies between a question and its answer if this is the only tag that is set.
            fresh = now if len(self._wish.destinations) == 1 else None
            return Promoted(reference, manifest, set_tag(target.client, where, manifest, self._wish.terms, now=fresh))
        from ci_kit.registry.copy import Copy  # threads and all that: a tag beside the source needs none of it

        copy = Copy(self._nearest(target), target, with_referrers=self._wish.with_referrers)
        copy.run(manifest)
        moved = set_tag(target.client, where, manifest, self._wish.terms)
        return Promoted(reference, manifest, moved, tally=copy.tally)

    def _nearest(self, target: Side) -> Side:
        """Return where to copy from: the source, or what was served before where blobs can be mounted from."""
        if target.client.same_identity(self.source.client):
            return self.source
        return next((one for one in self._served if one.client is target.client), self.source)


def _where(reference: ImageRef, manifest: Manifest) -> ImageRef:
    return reference if reference.tag else reference.with_digest(manifest.digest)
