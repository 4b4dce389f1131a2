"""What a registry holds: repositories with their tags, digests, sizes and dates."""

from collections.abc import Iterator

from ci_kit.model.image import ImageRef
from ci_kit.model.tagged_image import TaggedImage
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.content import Content, measure


def list_repository(registry: RegistryClient, repository: str) -> Iterator[TaggedImage]:
    """Yield the tags of one repository by name; a digest under several tags is read once.

    A tag that vanishes meanwhile is left out. RegistryError when the registry refuses.
    """
    known: dict[str, Content] = {}
    for tag in sorted(registry.tags(repository)):
        reference = ImageRef(registry.registry, repository, tag)
        digest = registry.digest(reference)
        if not digest:
            continue
        if digest not in known:
            known[digest] = measure(registry, repository, registry.manifest(reference.with_digest(digest)))
        content = known[digest]
        yield TaggedImage(reference.name, tag, digest, content.size, content.created)
