"""What registries hold of what was asked for, each repository read once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ci_kit.commands.image_names import Asked
from ci_kit.errors import NotPushedError, RegistryError
from ci_kit.model.image import ImageRef
from ci_kit.model.stored_image import StoredImage
from ci_kit.registry import credentials, inventory
from ci_kit.registry.blob_cache import BlobCache
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.opening import open_registry
from ci_kit.registry.patience import Patience


class Search:
    """The registries that were asked; `problems` are the repositories and tags that could not be read."""

    def __init__(self, cache: BlobCache, environ: Mapping[str, str]) -> None:
        """Keep where to look; nothing is asked yet."""
        self.problems: list[RegistryError] = []
        self._cache = cache
        self._environ = environ
        self._taken: dict[ImageRef, tuple[StoredImage, ...]] = {}
        self._whole: dict[str, tuple[ImageRef, ...]] = {}
        self._extra: list[StoredImage] = []

    def take(self, asked: Iterable[Asked]) -> None:
        """Read what was not read yet."""
        wanted = dict[str, list[ImageRef]]()
        for one in asked:
            for place in self._places(one):
                if place not in self._taken:
                    wanted.setdefault(place.registry, []).append(place)
        for registry, places in wanted.items():
            self._read(registry, tuple(dict.fromkeys(places)))

    def images(self) -> tuple[StoredImage, ...]:
        """Return all that was read."""
        return (*(image for images in self._taken.values() for image in images), *self._extra)

    def chosen(self, one: Asked, taken: Sequence[StoredImage]) -> list[StoredImage]:
        """Return what an argument stands for; NotPushedError for a tag or digest that is nowhere."""
        names = {place.name for place in self._places(one)}
        inside = [image for image in taken if image.repository in names]
        if not one.tag and not one.digest:
            return inside
        found = [image for image in inside if one.tag in image.tags or image.digest == one.digest]
        found = found or (self._untagged(one) if one.digest else [])
        if not found and not self.problems:
            where = ", ".join(sorted(names)[:3]) or "the project"
            raise NotPushedError(f"{one.tag or one.digest} is not in {where}", hint="ci-kit images lists what is")
        return found

    def _places(self, one: Asked) -> tuple[ImageRef, ...]:
        if one.registry and one.registry not in self._whole:
            with opened(one.registry, self._environ) as registry:
                names = sorted(set(registry.catalog()))
            self._whole[one.registry] = tuple(ImageRef(one.registry, name) for name in names)
        return self._whole[one.registry] if one.registry else one.places

    def _read(self, registry: str, places: Sequence[ImageRef]) -> None:
        with opened(registry, self._environ) as client:
            taken = inventory.take(client, [place.repository for place in places], self._cache)
        self.problems += taken.problems
        for place in places:
            self._taken[place] = tuple(image for image in taken.images if image.repository == place.name)

    def _untagged(self, one: Asked) -> list[StoredImage]:
        for place in self._places(one):
            with opened(place.registry, self._environ) as client:
                image = inventory.untagged(client, place.with_digest(one.digest), self._cache)
            self._cache.keep()
            if image is not None:
                self._extra.append(image)
                return [image]
        return []


@contextmanager
def opened(registry: str, environ: Mapping[str, str]) -> Iterator[RegistryClient]:
    """Give a client for many small questions, closed at the end."""
    client = open_registry(
        registry, credentials.find(registry, environ), environ, patience=Patience(attempts=6, first=0.1)
    )
    try:
        yield client
    finally:
        client.close()
