"""One line of a listing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TaggedImage:
    """A tag in `repository` (`host/path`); `size` is compressed bytes, `created` RFC 3339, empty where unknown."""

    repository: str
    tag: str
    digest: str
    size: int
    created: str
