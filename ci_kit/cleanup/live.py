"""Which image tags belong to what GitLab says is in use: by name, by commit, by the image's label.

The forms of tags are those of ci-kit (docs/tags.md) and of others: a branch or its slug, `mr-N`, a version without its
`v`, its first one or two numbers, a commit's SHA, whole or short, alone or at the end.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from ci_kit.gitlab_api.uses import Use, Uses
from ci_kit.model.stored_image import StoredImage
from ci_kit.model.tag_name import sanitised, slug

_MERGE_REQUEST = re.compile(r"(?:mr|pr)-([0-9]{1,18})(?:[._-].*)?\Z", re.ASCII)
_COMMIT = re.compile(r"(?:.*[._-])?([0-9a-f]{7,64})\Z", re.ASCII)
_VERSION = re.compile(r"(v?)([0-9]{1,9})\.([0-9]{1,9})(?:\.[0-9].*)?\Z", re.ASCII)
_OF_MERGE_REQUESTS = ("merge_requests", "environments")


class LiveKeeper:
    """Tells what keeps a tag; where a source could not be read, every tag that it might speak of is kept."""

    def __init__(self, uses: Uses) -> None:
        """Work out the names of tags; nothing is asked."""
        self._missing = uses.missing
        self._names: dict[str, str] = {}
        self._merge_requests: dict[str, str] = {}
        self._commits: dict[str, str] = {}
        for use in uses.found:
            self._add(use)
        self._sorted = sorted(self._commits)

    def why(self, tag: str, image: StoredImage) -> str:
        """Return why the tag must stay, empty when nothing speaks for it."""
        asked = _MERGE_REQUEST.match(tag)
        if asked and asked[1] in self._merge_requests:
            return f"{self._merge_requests[asked[1]]} is open"
        if tag in self._names:
            return f"tag of {self._names[tag]}"
        commit = self._commit_of(tag) or (image.commit if image.commit in self._commits else "")
        return f"made from the commit of {self._commits[commit]}" if commit else self._unknown(bool(asked))

    def _add(self, use: Use) -> None:
        names = use.names
        if use.kind == "merge request":
            self._merge_requests[names[0]] = use.said
            names = names[1:]
        for name in _image_tags(names):
            self._names.setdefault(name, use.said)
        for commit in use.commits:
            self._commits.setdefault(commit, use.said)

    def _commit_of(self, tag: str) -> str:
        """Return the commit in use that the tag names, whole or by its beginning."""
        named = _COMMIT.match(tag)
        if named is None:
            return ""
        place = bisect_left(self._sorted, named[1])
        found = self._sorted[place] if place < len(self._sorted) else ""
        return found if found.startswith(named[1]) else ""

    def _unknown(self, of_merge_request: bool) -> str:
        missing = [one for one in self._missing if not of_merge_request or one in _OF_MERGE_REQUESTS]
        return f"GitLab's {' and '.join(missing).replace('_', ' ')} could not be read" if missing else ""


class NobodyKeeps:
    """For a registry of no GitLab project, or who asks for nothing of it."""

    def why(self, tag: str, image: StoredImage) -> str:
        """Return nothing."""
        return ""


def nothing_known(sources: Iterable[str], reason: str) -> LiveKeeper:
    """Return what keeps every tag that one of `sources` might speak of."""
    missing: Mapping[str, str] = dict.fromkeys(sources, reason)
    return LiveKeeper(Uses((), missing))


def _image_tags(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from (name, sanitised(name), slug(name))
        version = _VERSION.match(name)
        if version:
            letter, major, minor = version.groups()
            yield sanitised(name.removeprefix("v"))
            for begin in ("", letter):
                yield from (f"{begin}{major}", f"{begin}{major}.{minor}")
