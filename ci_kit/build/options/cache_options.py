"""A plan's caches as BuildKit takes them: what this builder can read and write, and what is there to read.

Source: docker docs "Cache storage backends": "Registry cache", "Inline cache", "Command syntax".
"""

import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import NamedTuple

from ci_kit.model import grammar
from ci_kit.model.cache import Cache
from ci_kit.model.image import ImageRef

Has = Callable[[ImageRef], str]  # the digest of what a registry has, empty where it has nothing

_REGISTRY = re.compile(r"type=registry(?:,|\Z)")
_REFERENCE = re.compile(r"(?:^|,)ref=([^,]+)")
_IGNORE = "ignore-error=true"
_INLINE = "type=inline"
_MOST = 3  # caches that are named to a builder


class CacheOptions(NamedTuple):
    """Entries for `--cache-from` and `--cache-to`, `type=…,…` each."""

    imports: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()

    def written(self, flag: str) -> tuple[list[str], tuple[str, ...]]:
        """Return the exports as arguments: for every build (an image takes its inline cache along), and for one."""
        said = [(entry, f"{flag}={entry}") for entry in self.exports]
        every = [argument for entry, argument in said if entry == _INLINE]
        return every, tuple(argument for entry, argument in said if entry != _INLINE)


def of(cache: Cache, has: Has, *, exports_registry: bool) -> CacheOptions:
    """Return what to tell BuildKit; `has` asks a registry for a reference, so that nothing is named that is not there.

    A cache that cannot be written is never a failure of the build: every export says so where BuildKit knows the word.
    """
    is_registry = exports_registry and cache.mode != "inline"
    return CacheOptions(_imports(cache, has, is_registry), _exports(cache, is_registry))


def images(cache: Cache, has: Has) -> tuple[ImageRef, ...]:
    """Return the digest of the earlier image that a builder without BuildKit may take steps from: the nearest one."""
    if cache.said_from:
        return _exact([found for entry in cache.said_from if (found := _reference(entry))], has, most=_MOST)
    return () if cache.mode == "none" else _exact(cache.images, has, most=1)


def _imports(cache: Cache, has: Has, is_registry: bool) -> tuple[str, ...]:
    if cache.said_from:
        return tuple(entry for entry in cache.said_from if (found := _reference(entry)) is None or has(found))
    if cache.mode == "none":
        return ()
    there = _there(cache.registry if is_registry else cache.images, has)
    return tuple(f"type=registry,ref={reference}" for reference in there)


def _exports(cache: Cache, is_registry: bool) -> tuple[str, ...]:
    if cache.said_to:
        return tuple(_forgiving(entry) for entry in cache.said_to)
    if cache.mode == "none":
        return ()
    if not is_registry:
        return (_INLINE,)
    words = "mode=max,image-manifest=true,oci-mediatypes=true"
    return (_forgiving(f"type=registry,ref={cache.export},{words}"),) if cache.export else ()


def _forgiving(entry: str) -> str:
    return f"{entry},{_IGNORE}" if "ignore-error=" not in entry and entry != _INLINE else entry


def _exact(references: Sequence[ImageRef], has: Has, most: int) -> tuple[ImageRef, ...]:
    """Return the first `most` that are there, each by its digest; the rest is not asked for."""
    pinned = (reference.with_digest(digest) for reference in references if (digest := has(reference)))
    return tuple(islice(pinned, most))


def _there(references: Sequence[ImageRef], has: Has) -> tuple[ImageRef, ...]:
    """Return the first few that are there; the rest is not asked for."""
    return tuple(islice((reference for reference in references if has(reference)), _MOST))


def _reference(entry: str) -> ImageRef | None:
    """Return the reference of a registry cache, None for any other and for what only BuildKit understands."""
    match = _REFERENCE.search(entry) if _REGISTRY.match(entry) else None
    return ImageRef.split(match[1]) if match and grammar.has_registry(match[1]) else None
