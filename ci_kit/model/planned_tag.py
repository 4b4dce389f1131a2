"""A tag that an image is to get, and what may become of the image that has it already."""

from typing import Literal, NamedTuple

TagKind = Literal["commit", "version", "moving"]

PENDING = "_" * 40  # stands in a tag for the hash of the content, which is known only when the registry was asked


class VersionLine(NamedTuple):
    """The versions of a repository that a moving tag follows: `latest` all of them, `1.2` those that begin so.

    `version` is ours, as it is written in `scheme` (semver or pep440). `numbers` are the parts that the tag fixes:
    1, 2 for `1.2`. `around` is what may stand before and after a version in the repository's tags.
    """

    scheme: str
    version: str
    numbers: tuple[int, ...] = ()
    around: tuple[tuple[str, str], ...] = (("", ""),)


class PlannedTag(NamedTuple):
    """One tag: `commit` is of this commit or content alone, `version` is never overwritten, `moving` only goes forward.

    A moving tag with a `line` follows the order of versions, one without the dates of commits.
    """

    name: str
    kind: TagKind = "moving"
    line: VersionLine | None = None
    rule: str = ""

    @property
    def is_pending(self) -> bool:
        """Whether the name has a part that is not known yet."""
        return PENDING in self.name
