"""The versions of a component: which of the tags `~latest`, `1` and `1.2` mean.

Sources: GitLab docs "CI/CD components: Component versions", "Partial semantic versions"; semver.org.
"""

import re
from collections.abc import Iterable

LATEST = "~latest"
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:\+[0-9A-Za-z.-]+)?", re.ASCII)
_PARTIAL = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def is_partial(version: str) -> bool:
    """Tell whether the version is `1` or `1.2`: the newest with this beginning."""
    return _PARTIAL.fullmatch(version) is not None


def newest(tags: Iterable[str], version: str) -> str:
    """Return the newest released tag that `~latest` or a partial version means, empty when there is none.

    A pre-release, `1.0.0-rc1`, is never meant.
    """
    begin = () if version == LATEST else tuple(map(int, version.split(".")))
    found = [(numbers, tag) for tag in tags if (numbers := _numbers(tag)) and numbers[: len(begin)] == begin]
    return max(found, default=((), ""))[1]


def _numbers(tag: str) -> tuple[int, ...]:
    found = _VERSION.fullmatch(tag)
    return tuple(map(int, found.groups())) if found and len(tag) < 100 else ()
