"""Annotations of an image: what is written beside it, not into it, and where.

Source: OCI "Image Format Specification", "Annotations"; docker docs "Annotations", "Specify annotation level".
"""

from dataclasses import dataclass
from typing import Literal

Level = Literal["manifest", "index", "manifest-descriptor", "index-descriptor"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation at one level; a descriptor is the entry of an index that leads to a manifest."""

    level: Level
    name: str
    value: str
