"""Which tags of a repository are versions that a moving tag follows, and which of them is newer than ours."""

from collections.abc import Iterable, Iterator

from ci_kit.build.tagging.rule_tags import PARSERS
from ci_kit.build.tagging.version import Version
from ci_kit.model.planned_tag import VersionLine


def newest(line: VersionLine, tags: Iterable[str]) -> str:
    """Return the tag of the newest version on the line that is newer than ours, empty when there is none."""
    ours = _ours(line)
    found = [(version.key, tag) for tag in tags for version in _versions(line, tag) if version.key > ours.key]
    return max(found, default=((), ""))[1]


def order(line: VersionLine, text: str) -> int:
    """Return 1 when the version `text`, of the image that has the tag, is newer than ours, -1 when it is older.

    0 when it is the same or no version: then their commits have to tell.
    """
    version, ours = PARSERS[line.scheme](text), _ours(line)
    return 0 if version is None else (version.key > ours.key) - (version.key < ours.key)


def _ours(line: VersionLine) -> Version:
    version = PARSERS[line.scheme](line.version)
    assert version is not None
    return version


def _versions(line: VersionLine, tag: str) -> Iterator[Version]:
    """Yield the releases that a tag may stand for: `1.2.3-slim` is one of the line with `-slim` around versions."""
    for before, after in line.around:
        if not (tag.startswith(before) and tag.endswith(after) and len(tag) > len(before) + len(after)):
            continue
        text = tag[len(before) : len(tag) - len(after)]
        version = PARSERS[line.scheme](text) if "." in text else None  # a number alone may be the begin of a SHA
        if version and version.stable and (version.major, version.minor)[: len(line.numbers)] == line.numbers:
            yield version
