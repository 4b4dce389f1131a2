"""A version out of a git tag: its parts, its place in the order, and whether it is a release."""

from typing import NamedTuple

LONGEST = 256  # characters; node-semver's limit too


class Version(NamedTuple):
    """`raw` is as it was written, `text` the normal form; `key` compares with versions of the same scheme only.

    `stable` tells that moving tags follow it: a pre-release moves none.
    """

    raw: str
    text: str
    major: int
    minor: int
    patch: int
    stable: bool
    key: tuple[object, ...]
