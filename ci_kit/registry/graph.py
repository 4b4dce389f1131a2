"""An image with all that it names: manifests from the leaves to the root."""

from collections.abc import Iterator, Mapping, Sequence

from ci_kit.errors import NotPushedError, RegistryError
from ci_kit.model.image import ImageRef
from ci_kit.registry.blob import children
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.lanes import Lanes

_DEEPEST = 8
_MOST = 5000  # manifests of one image; each is kept in memory


def fetch(
    clients: Sequence[RegistryClient], repository: str, wanted: Sequence[str], known: dict[str, Manifest]
) -> None:
    """Add to `known` the manifests `wanted` and all below them; those known already are not read again.

    NotPushedError when one is missing, RegistryError when they go deeper or are more than any image.
    """
    for _ in range(_DEEPEST):
        new = [digest for digest in dict.fromkeys(wanted) if digest not in known]
        if not new:
            return
        if len(known) + len(new) > _MOST:
            break
        found = Lanes(clients).each(lambda client, digest: _manifest(client, repository, digest), new)
        known.update(zip(new, found, strict=True))
        wanted = [digest for manifest in found for digest in children(manifest)]
    raise RegistryError(f"{clients[0].registry}/{repository}: this image has more parts than any", hint="look at it")


def there(client: RegistryClient, repository: str, digest: str) -> Manifest | None:
    """Return the manifest, None when the registry has none of it."""
    try:
        return _manifest(client, repository, digest)
    except NotPushedError:
        return None


def upwards(roots: Sequence[str], known: Mapping[str, Manifest]) -> Iterator[Manifest]:
    """Yield the manifests below `roots` and themselves, each once and after all that it names."""
    seen: set[str] = set()

    def walk(digest: str) -> Iterator[Manifest]:
        if digest in seen:
            return
        seen.add(digest)
        for child in children(known[digest]):
            yield from walk(child)
        yield known[digest]

    for root in roots:
        yield from walk(root)


def _manifest(client: RegistryClient, repository: str, digest: str) -> Manifest:
    return client.manifest(ImageRef(client.registry, repository, digest=digest))
