"""Which tags name one image for good.

Sources: GitLab docs "Immutable container tags"; semver.org; our own tag of a commit (`ci_kit.build.tagging.tags`).
"""

import re

_COMMIT = r"[0-9a-f]{40}|[0-9a-f]{64}"
# A build part is joined by _ or -, as + may not stand in a tag.
_VERSION = r"v?(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2}(?:[-_.][0-9A-Za-z][0-9A-Za-z._-]*)?"
_IMMUTABLE = re.compile(rf"(?:{_COMMIT}|{_VERSION})\Z", re.ASCII)


def is_immutable(tag: str) -> bool:
    """Tell whether the tag is a full commit SHA or a full version (`1.2.3`, `v1.2.3-rc.1`), which never moves.

    `latest`, `1`, `1.2` and branches move.
    """
    return bool(_IMMUTABLE.match(tag))
