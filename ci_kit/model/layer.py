"""A layer of an image in a registry, and the image that another is compared with."""

from typing import NamedTuple


class Layer(NamedTuple):
    """One layer: `size` in compressed bytes, the `command` that made it, and the `platform` of its image."""

    digest: str
    size: int
    command: str = ""
    platform: str = ""


class Base(NamedTuple):
    """The image that was there before on the branch that a merge request goes to: where, what, compressed bytes."""

    image: str
    digest: str
    size: int
