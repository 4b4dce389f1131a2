"""Annotations of an image: what is written beside it, not into it, and where.

Source: OCI "Image Format Specification", "Annotations"; docker docs "Annotations", "Specify annotation level".
"""

from typing import Literal, NamedTuple

Level = Literal["manifest", "index", "manifest-descriptor", "index-descriptor"]


class Annotation(NamedTuple):
    """One annotation at one level; a descriptor is the entry of an index that leads to a manifest."""

    level: Level
    name: str
    value: str
