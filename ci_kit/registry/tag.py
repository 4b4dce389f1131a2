"""Moving a tag: on the terms of whoever moves it, and believed only when the registry says so."""

from typing import NamedTuple

from ci_kit.errors import NotPushedError, RegistryError
from ci_kit.model.image import ImageRef
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.immutable import is_immutable

ABSENT = "absent"


class Terms(NamedTuple):
    """`if_digest` is what the tag must be at now: a digest, `absent`, or empty for anything."""

    if_digest: str = ""
    overwrite: bool = False


ANYWAY = Terms(overwrite=True)


def require_movable(reference: ImageRef, now: str, wanted: str, terms: Terms) -> None:
    """Return when the tag, at digest `now` (empty: absent), may be set to `wanted`; RegistryError says why not.

    A tag that is where it shall be is never refused: whoever runs again after a failure gets on.
    """
    if now == wanted or not reference.tag:
        return
    if terms.if_digest and (now or ABSENT) != terms.if_digest:
        raise RegistryError(
            f"{reference} is at {now or 'no digest'}, not {_said(terms.if_digest)}: it is not moved",
            hint="somebody else has moved it: look at what is there, then give its digest",
        )
    if now and is_immutable(reference.tag) and not terms.overwrite:
        raise RegistryError(
            f"{reference} is at {now} and never moves: it names a version or a commit",
            hint="take a new version; --overwrite moves it all the same",
        )


def set_tag(
    client: RegistryClient, reference: ImageRef, manifest: Manifest, terms: Terms, *, now: str | None = None
) -> bool:
    """Return whether `reference` had to be set: it is at `manifest` now, as the registry itself says.

    The terms are looked at just before, as close as a registry lets us: none has a compare-and-set. `now` is the
    digest there where it was asked for a moment ago.
    """
    now = client.digest(reference) if now is None else now
    if now == manifest.digest:
        return False
    require_movable(reference, now, manifest.digest, terms)
    found = put(client, reference, manifest)
    if found != manifest.digest:
        raise lost(reference, manifest, f"the registry has {found}")
    return True


def put(client: RegistryClient, reference: ImageRef, manifest: Manifest, *, again: bool = True) -> str:
    """Put `manifest` under a tag of its own repository and return the digest that the registry has there then.

    That may be another job's. NotPushedError when it has none. Without `again` it is put once, even if the answer is
    lost: UnavailableError leaves it open then what the tag is.
    """
    client.put_manifest(reference, manifest, again=again)
    found = client.digest(reference)
    if not found:
        raise lost(reference, manifest, "the registry has no such tag")
    return found


def lost(reference: ImageRef, manifest: Manifest, instead: str) -> NotPushedError:
    """Return the failure for a tag that was set and is something else; `instead` says what."""
    return NotPushedError(
        f"{reference} was set to {manifest.digest}, but {instead}",
        hint="another job moved it at the same moment, or a proxy answers from a cache",
        cause="writes-vanish",
    )


def _said(digest: str) -> str:
    return "absent" if digest == ABSENT else digest
