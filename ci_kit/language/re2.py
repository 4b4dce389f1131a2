"""Regular expressions as RE2 takes them, tried with Python's: what RE2 has not is refused first.

Source: github.com/google/re2 "Syntax".
"""

import re
import warnings
from functools import cache

_ESCAPE_OR_CLASS = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]", re.S)
_ESCAPE = re.compile(r"\\(.)", re.S)
_ESCAPES = frozenset("123456789ZhRKGkX")  # back references, and what only other dialects have
_GROUP = re.compile(r"\(\?(?:[=!>|#(&]|<[=!]|P[=>])")  # lookaround, atomic, conditional, named back reference
_POSSESSIVE = re.compile(r"[*+?}]\+")
_REPEAT = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_MOST = 1000  # repeats
_SAFE = 100  # characters
_SAFE_IN_GROUPS = 24
_FLAGS = re.compile(r"\(\?[imsU]*(?:-[imsU]+)?\)")
_SCOPED = re.compile(r"\(\?[imsU]*(?:-[imsU]+)?:")


@cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """Return the pattern, near enough to search with, None when RE2 refuses it."""
    if not _is_in_re2(pattern):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of sets that mean something else in other dialects
            return re.compile(_in_python(pattern))
    except (re.error, OverflowError, RecursionError):
        return None


def is_found(pattern: re.Pattern[str], text: str) -> bool:
    """Tell whether the pattern is in the text; where Python, unlike RE2, might take for ever, it is said to be."""
    repeated_group = re.search(r"\)[*+{]", pattern.pattern) is not None
    return len(text) > (_SAFE_IN_GROUPS if repeated_group else _SAFE) or pattern.search(text) is not None


def _is_in_re2(pattern: str) -> bool:
    if any(found[1] in _ESCAPES for found in _ESCAPE.finditer(pattern)):
        return False
    bare = _ESCAPE_OR_CLASS.sub("x", pattern)
    if _GROUP.search(bare) or _POSSESSIVE.search(bare):
        return False
    return all(int(number) <= _MOST for found in _REPEAT.finditer(bare) for number in found.groups() if number)


def _in_python(pattern: str) -> str:
    pattern = re.sub(r"\\[pP](?:\{\^?\w+\}|\w)|\\x\{\w+\}|\[:\^?\w+:\]", r"\\w", pattern)
    pattern = pattern.replace(r"\z", r"\Z").replace(r"\C", ".").replace("(?<", "(?P<")
    pattern = re.sub(r"\\Q(.*?)(?:\\E|$)", lambda found: re.escape(found[1]), pattern, flags=re.S)
    return _SCOPED.sub("(?:", _FLAGS.sub("", pattern))
