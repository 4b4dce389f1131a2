"""Where the steps of earlier builds are looked for, and where those of this one are left."""

from typing import Literal, NamedTuple

from ci_kit.model.image import ImageRef

CacheMode = Literal["auto", "registry", "inline", "none"]


class Cache(NamedTuple):
    """What a builder may take from a registry, the nearest first, and what it leaves there.

    `registry` are caches of all steps, `export` is the one to write; `images` are earlier images, which are caches of
    their own steps where those were built with an inline cache, and for the classic builder in any case.
    `auto` is `registry` where the builder can write one, else `inline`. `said_from` and `said_to` are entries of
    BuildKit (`type=registry,ref=…`) that somebody chose: they replace ours.
    """

    mode: CacheMode = "none"
    registry: tuple[ImageRef, ...] = ()
    images: tuple[ImageRef, ...] = ()
    export: ImageRef | None = None
    said_from: tuple[str, ...] = ()
    said_to: tuple[str, ...] = ()


NO_CACHE = Cache()
