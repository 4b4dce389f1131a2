"""A registry behind a cache: what a digest names cannot change, so it is asked for once."""

from ci_kit.model.image import ImageRef
from ci_kit.registry.blob_cache import BlobCache
from ci_kit.registry.client import Manifest, RegistryClient

_KEPT = 64 * 1024  # bytes; larger configurations are read again


class CachedRegistry:
    """A source of manifests and blobs that looks into `cache` first; one for each thread, `kept` is shared."""

    def __init__(self, client: RegistryClient, cache: BlobCache, kept: dict[str, bytes]) -> None:
        """Keep where to look; nothing is asked yet."""
        self.registry = client.registry
        self.client = client
        self._cache = cache
        self._kept = kept

    def tagged(self, reference: ImageRef, known: str) -> Manifest | None:
        """Return the manifest that the tag of `reference` names now, None when the tag has gone.

        `known` is the digest that it had. Where it still has it, the answer is a status and no manifest.
        """
        kept = self._cache.read(known) if known else None
        found = self.client.find_manifest(reference, known if kept is not None else "")
        if found is None or found.content:
            self._keep(found)
            return found
        return Manifest(known, "", kept or b"")

    def manifest(self, reference: ImageRef) -> Manifest:
        """Return the manifest of a digest."""
        kept = self._cache.read(reference.digest)
        if kept is not None:
            return Manifest(reference.digest, "", kept)
        found = self.client.manifest(reference)
        self._keep(found)
        return found

    def blob(self, repository: str, digest: str) -> bytes:
        """Return a small blob."""
        content = self._kept.get(digest) or self._cache.read(digest)
        if content is None:
            content = self.client.blob(repository, digest)
            self._cache.write(digest, content)
        if len(content) <= _KEPT:
            self._kept[digest] = content
        return content

    def _keep(self, found: Manifest | None) -> None:
        if found is not None:
            self._cache.write(found.digest, found.content)
