"""A snapshot of a repository as the registry has it now."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ci_kit.cleanup.placeholder import placeholder
from ci_kit.cleanup.snapshot import Snapshot
from ci_kit.errors import NotPushedError, RegistryError
from ci_kit.model.grammar import DIGEST
from ci_kit.model.image import ImageRef
from ci_kit.model.stored_image import StoredImage
from ci_kit.registry import inventory
from ci_kit.registry.auth import Token, claims
from ci_kit.registry.blob_cache import BlobCache
from ci_kit.registry.cached import CachedRegistry
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.content import LONGEST_INDEX
from ci_kit.registry.crew import Crew
from ci_kit.registry.grant import kept_from

_BUILD_CACHE = b"vnd.buildkit.cacheconfig"
_DEEPEST = 8  # indexes in indexes


class Survey(NamedTuple):
    """A snapshot, when it was begun (time.monotonic), and what the registry's token says of where we are.

    `project` is the id of the GitLab project, empty where nobody says; `has_tokens` that the registry gives tokens.
    """

    snapshot: Snapshot
    taken: float
    project: str
    has_tokens: bool


def take(crew: Crew, repository: str, cache: BlobCache) -> Survey:
    """Return what `repository` (its path) holds now.

    RegistryError when the tags or the manifest of one of them cannot be read: then nothing is known of what needs what.
    """
    registry, taken_at = crew.registry, time.monotonic()
    token = registry.check(repository, "pull", wished="delete")
    taken = inventory.read(crew, [repository], cache)
    images = {image.digest: image for image in taken.images}
    tags = {tag: image.digest for image in taken.images for tag in image.tags}
    if taken.absent:  # killed in the middle of a deletion, Distribution keeps the name without the manifest
        tags |= dict.fromkeys({one.partition(":")[2] for one in taken.absent} & set(registry.tags(repository)), "")
    children = {image.digest: tuple(child.digest for child in image.children) for image in taken.images}
    unread = dict[str, str]()
    for problem in taken.problems:
        tag = problem.place.removeprefix(f"{repository}:")
        manifest = registry.find_manifest(ImageRef(registry.registry, repository, tag))
        if manifest is not None:
            tags[tag], unread[tag] = manifest.digest, _why(manifest, problem)
            children[manifest.digest] = children_of(manifest)
    source = CachedRegistry(registry, cache, {})
    _go_down(source, repository, taken.images, children)
    cache.keep()
    snapshot = Snapshot(
        f"{registry.registry}/{repository}",
        tags,
        images,
        children,
        unread,
        frozenset(tag for tag, digest in tags.items() if digest == placeholder(repository, tag).digest),
        protected=_protected(token, repository),
    )
    snapshot = _with_subjects(snapshot, registry, repository)
    return Survey(snapshot, taken_at, _project(token), token is not None)


def _why(manifest: Manifest, problem: RegistryError) -> str:
    if _BUILD_CACHE in manifest.content:
        return "a build cache, which each build writes anew"
    return f"it cannot be read: {problem.message}"


def children_of(manifest: Manifest) -> tuple[str, ...]:
    """Return the manifests that one names; none of one that is not what the specification says."""
    try:
        entries = manifest.document().get("manifests")
    except RegistryError:
        return ()
    named = (entry.get("digest") for entry in entries if isinstance(entry, dict)) if isinstance(entries, list) else ()
    return tuple(digest for digest in named if isinstance(digest, str) and DIGEST.match(digest))


def _go_down(
    source: CachedRegistry, repository: str, images: Sequence[StoredImage], children: dict[str, tuple[str, ...]]
) -> None:
    """Add what indexes in indexes name, and the rest of a very long one: the listing goes one level and so far."""
    long = [image.digest for image in images if len(image.children) >= LONGEST_INDEX]
    waiting = long + [child.digest for image in images for child in image.children if child.kind == "index"]
    for digest in long:
        del children[digest]
    for _ in range(_DEEPEST):
        waiting = [digest for digest in dict.fromkeys(waiting) if digest not in children]
        if not waiting:
            return
        for digest in waiting:
            children[digest] = _children_of(source, repository, digest)
        waiting = [below for digest in waiting for below in children[digest]]
    raise RegistryError(f"{source.registry}/{repository}: an index goes deeper than any image", hint="look at it")


def _children_of(source: CachedRegistry, repository: str, digest: str) -> tuple[str, ...]:
    try:
        return children_of(source.manifest(ImageRef(source.registry, repository, digest=digest)))
    except NotPushedError:  # it is gone, and needs nothing any more
        return ()


def _with_subjects(snapshot: Snapshot, registry: RegistryClient, repository: str) -> Snapshot:
    """Return the snapshot with the images that have no tag and that something still speaks of."""
    here = snapshot.needed(snapshot.tags.values())
    asked = {subject for tag in snapshot.tags if (subject := snapshot.subject(tag)) and subject not in here}
    found = {one for one in asked if registry.digest(ImageRef(registry.registry, repository, digest=one))}
    return replace(snapshot, subjects=frozenset(found)) if found else snapshot


def _protected(token: Token | None, repository: str) -> tuple[str, ...]:
    """Return the patterns of tags that GitLab lets this user not delete, as its token says."""
    return dict(kept_from(claims(token), repository)).get("delete", ()) if token else ()


def _project(token: Token | None) -> str:
    access: Any = claims(token).get("access") if token else None
    items: Sequence[Any] = access if isinstance(access, list) else ()
    metas: Iterable[Any] = (item.get("meta") for item in items if isinstance(item, dict))
    found: Iterable[Mapping[str, Any]] = (meta for meta in metas if isinstance(meta, dict))
    return next((str(meta["project_id"]) for meta in found if meta.get("project_id")), "")
