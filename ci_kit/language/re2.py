"""Regular expressions as RE2 takes them, tried with Python's: what RE2 has not is refused first.

Source: github.com/google/re2 "Syntax".
"""

import re
from functools import cache

# lookaround, atomic groups, named and numbered back references, possessive repeats, \Z \h \R \K \G
_NOT_IN_RE2 = re.compile(r"\(\?(?:[=!>|#(]|<[=!]|P[=>])|\\[1-9ZhRKGkX]|[*+?}]\+")
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_MOST = 1000  # repeats
_FLAGS = re.compile(r"\(\?[imsU]+(?:-[imsU]+)?\)")
_SCOPED = re.compile(r"\(\?[imsU]*(?:-[imsU]+)?:")


@cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """Return the pattern, near enough to search with, None when RE2 refuses it."""
    if _NOT_IN_RE2.search(re.sub(r"\\\\", "", pattern)):
        return None
    if any(int(number) > _MOST for found in _REPEAT.finditer(pattern) for number in found.groups() if number):
        return None
    try:
        return re.compile(_in_python(pattern))
    except (re.error, OverflowError, RecursionError):
        return None


def _in_python(pattern: str) -> str:
    pattern = re.sub(r"\\[pP](?:\{\^?\w+\}|\w)", r"\\w", pattern).replace(r"\z", r"\Z").replace("[[:alpha:]]", "[a-z]")
    pattern = re.sub(r"\[:\^?\w+:\]", r"\\w", pattern).replace("(?<", "(?P<").replace(r"\Q", "").replace(r"\E", "")
    pattern = re.sub(r"\\C", ".", pattern)
    return _SCOPED.sub("(?:", _FLAGS.sub("", pattern))
