"""What repositories hold: every digest with its tags, size, date, platforms and labels."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ci_kit.errors import RegistryError
from ci_kit.model.image import ImageRef
from ci_kit.model.stored_image import Kind, StoredImage
from ci_kit.registry.blob_cache import BlobCache
from ci_kit.registry.cached import CachedRegistry
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.content import Content, measure
from ci_kit.registry.crew import Crew

# cosign's names for what it says of an image (its docs, "Signature storage"), and the fallback of OCI "Referrers".
_SUBJECT = re.compile(r"sha256-([0-9a-f]{64})(?:\.(sig|att|sbom|tag-[0-9a-f]{16}))?\Z", re.ASCII)
_COSIGN: Mapping[str, Kind] = {"sig": "signature", "att": "attestation", "sbom": "sbom"}


class Inventory(NamedTuple):
    """The images of repositories, and one failure for each repository or tag that could not be read.

    `absent` are the tags, as `path:tag`, that were listed and have no manifest.
    """

    images: tuple[StoredImage, ...]
    problems: tuple[RegistryError, ...]
    absent: tuple[str, ...] = ()


class _Tag(NamedTuple):
    repository: str
    name: str


class _Seen(NamedTuple):
    digest: str
    content: Content


def take(registry: RegistryClient, repositories: Sequence[str], cache: BlobCache) -> Inventory:
    """Return what `repositories` hold; one that is not there holds nothing, a tag without a manifest is no image.

    A tag that cannot be read is a problem, and the others are still read. CredentialsError, DeniedError or
    TransportError when nothing can be.
    """
    crew = Crew(registry)
    try:
        return read(crew, repositories, cache)
    finally:
        crew.close()


def read(crew: Crew, repositories: Sequence[str], cache: BlobCache) -> Inventory:
    """Return the same as `take` by a crew that has more to do."""
    tags, refused = _tags(crew, repositories)
    try:
        seen, broken = _contents(crew, tags, cache)
    finally:
        cache.keep()
    absent = set(tags) - set(seen) - set(broken)
    images = [image for repository in repositories for image in _images(crew.registry.registry, repository, seen)]
    problems = (*refused, *(broken[tag] for tag in sorted(broken)))
    return Inventory(tuple(images), problems, tuple(f"{tag.repository}:{tag.name}" for tag in sorted(absent)))


def untagged(registry: RegistryClient, reference: ImageRef, cache: BlobCache) -> StoredImage | None:
    """Return the image of a digest that no tag of its repository has, None when there is none either."""
    manifest = registry.find_manifest(reference)
    if manifest is None:
        return None
    source = CachedRegistry(registry, cache, {})
    return _image(reference.name, (), _Seen(manifest.digest, measure(source, reference.repository, manifest)))


def _tags(crew: Crew, repositories: Sequence[str]) -> tuple[list[_Tag], list[RegistryError]]:
    def ask(client: RegistryClient, repository: str) -> list[_Tag]:
        client.check(repository, "pull")
        return [_Tag(repository, name) for name in sorted(set(client.tags(repository)))]

    tags, refused = list[_Tag](), list[RegistryError]()
    for _, result in crew.each(ask, repositories):
        if isinstance(result, RegistryError):
            refused.append(result)
        else:
            tags += result
    if refused and len(refused) == len(repositories):
        raise refused[0]
    return tags, refused


def _contents(
    crew: Crew, tags: Sequence[_Tag], cache: BlobCache
) -> tuple[dict[_Tag, _Seen], dict[_Tag, RegistryError]]:
    """Return what each tag names, or why it cannot be read; digests that the cache knows are confirmed only."""
    host = crew.registry.registry
    known = {repository: cache.digests(f"{host}/{repository}") for repository in {tag.repository for tag in tags}}
    contents, blobs = dict[tuple[str, str], Content](), dict[str, bytes]()

    def read(client: RegistryClient, tag: _Tag) -> _Seen | None:
        source = CachedRegistry(client, cache, blobs)
        manifest = source.tagged(ImageRef(host, *tag), known[tag.repository].get(tag.name, ""))
        if manifest is None:
            return None
        key = (tag.repository, manifest.digest)
        if key not in contents:
            contents[key] = measure(source, tag.repository, manifest)
        return _Seen(manifest.digest, contents[key])

    seen, problems = dict[_Tag, _Seen](), dict[_Tag, RegistryError]()
    for tag, result in crew.each(read, tags):
        if isinstance(result, RegistryError):
            problems[tag] = type(result)(result.message, hint=result.hint, place=f"{tag.repository}:{tag.name}")
        elif result is not None:
            seen[tag] = result
    _remember(host, known, seen, cache)
    return seen, problems


def _remember(host: str, known: Mapping[str, Mapping[str, str]], seen: Mapping[_Tag, _Seen], cache: BlobCache) -> None:
    digests = dict[str, dict[str, str]]({repository: {} for repository in known})
    for tag, one in seen.items():
        digests[tag.repository][tag.name] = one.digest
    for repository, found in digests.items():
        if found != known[repository]:
            cache.remember(f"{host}/{repository}", found)


def _images(host: str, repository: str, seen: Mapping[_Tag, _Seen]) -> Iterator[StoredImage]:
    shared = dict[str, list[_Tag]]()
    for tag in sorted(tag for tag in seen if tag.repository == repository):
        shared.setdefault(seen[tag].digest, []).append(tag)
    for tags in shared.values():
        yield _image(f"{host}/{repository}", tuple(tag.name for tag in tags), seen[tags[0]])


def _image(name: str, tags: tuple[str, ...], one: _Seen) -> StoredImage:
    content = one.content
    kind, subject = _said_by_tags(tags, content)
    return StoredImage(
        repository=name,
        digest=one.digest,
        tags=tags,
        kind=kind,
        media_type=content.media_type,
        size=content.size,
        unique_size=content.size,
        created=content.created,
        platforms=content.platforms if kind in ("image", "index") else (),
        labels=content.labels,
        children=content.children,
        subject=subject,
        parts=content.parts,
    )


def _said_by_tags(tags: Sequence[str], content: Content) -> tuple[Kind, str]:
    """Return kind and subject; a name of cosign's tells both, where the manifest does not."""
    found = next(filter(None, map(_SUBJECT.match, tags)), None)
    if found is None:
        return content.kind, content.subject
    return _COSIGN.get(found[2], content.kind), content.subject or f"sha256:{found[1]}"
