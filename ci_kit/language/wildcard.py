"""The `*` and `**` of `include:local`.

Source: gitlab `Repository#search_files_by_wildcard_path`: the pattern becomes a regular expression.
"""

import re
from collections.abc import Iterable

from ci_kit.language.re2 import compiled, is_found

_STARS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}


def included(pattern: str, paths: Iterable[str]) -> list[str]:
    """Return the paths, sorted, that the pattern matches; no pattern costs more than its length times the path's."""
    pieces = re.split(r"(\*\*/|\*\*|\*)", pattern)
    regex = compiled(rf"\A{''.join(_STARS.get(piece) or re.escape(piece) for piece in pieces)}\z")
    begin, end = pattern.partition("*")[0], pattern.rpartition("*")[2].removeprefix("/")
    near = (path for path in paths if path.startswith(begin) and path.endswith(end))
    return sorted(path for path in near if regex is not None and is_found(regex, path))
