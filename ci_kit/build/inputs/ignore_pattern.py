r"""One pattern of a `.dockerignore`, with the meaning that Docker gives it.

Docker turns a pattern into a regular expression of Go; a few oddities of that way are part of the meaning: `[?]`
is no question mark, `a**b` needs a slash before the `b`, `\d` is a digit. Go's expressions are those of RE2, and take
no longer than that: Python's are used where both mean the same and there are few ways to try.
Sources: github.com/moby/patternmatcher, `New` and `compile`; Go's path/filepath, `Match`.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal["exact", "prefix", "suffix", "regex"]

_STAR, _REST, _FOLDERS = "[^/]*", ".*", "(.*/)?"
_SAME_TWICE = re.compile(r"(\(\.\*/\)\?)(?:\(\.\*/\)\?)+")
# What Go and Python read alike: characters, escaped punctuation, our own stars, and plain classes.
_LIKE_PYTHON = re.compile(
    r"(?:\(\.\*/\)\?|\.\*|\[\^/\]\*?|\\[^A-Za-z0-9]|\[\^?(?:\w(?:-\w)?|\\\.)+\]|[^\\\[\]^$.|?*+(){}])*", re.ASCII
)
_MOST_STARS = 2


class BadPattern(ValueError):
    """A pattern that Docker refuses too."""


class Pattern(NamedTuple):
    """A pattern without its `!`; `regex` is Go's for whole paths, `quick` is Python's, empty where that will not do."""

    text: str
    exception: bool
    kind: Kind
    regex: str = ""
    quick: str = ""

    def matcher(self) -> Callable[[str], bool]:
        """Return the function that tells whether a path, with `/` and relative to the context, is matched itself."""
        if self.kind == "exact":
            return self.text.__eq__
        if self.kind == "prefix":
            begin = self.text[:-2]
            return lambda path: path.startswith(begin)
        if self.kind == "suffix":
            end = self.text[2:]
            return lambda path: path.endswith(end) or (end[:1] == "/" and path == end[1:])
        if self.quick:
            found = re.compile(self.quick).fullmatch
            return lambda path: found(path) is not None
        return self._linear()

    def may_match_below(self, folder: str) -> bool:
        """Tell whether some path below `folder` could be matched; True where that is not easily known."""
        theirs = folder.split("/")
        for number, part in enumerate(self.text.split("/")):
            if "**" in part or any(letter in part for letter in "[]\\^") or number == len(theirs):
                return True
            if not _is_part(part, theirs[number]):
                return False
        return False

    def _linear(self) -> Callable[[str], bool]:
        from ci_kit.language import re2  # few patterns need it

        regex = re2.compiled(self.regex)
        return lambda path: regex is not None and re2.is_found(regex, path)


def parse(text: str) -> Pattern:
    """Return the pattern in a cleaned line; BadPattern for what Docker does not take."""
    exception = text.startswith("!")
    text = text[1:] if exception else text
    _require(text != "", "there is nothing after the !")
    _require_syntax(text)
    kind, go = _go(text)
    if kind != "regex":
        return Pattern(text, exception, kind)
    from ci_kit.language import re2

    _require(re2.compiled(f"^{go}$") is not None, "Go has no such regular expression")
    return Pattern(text, exception, kind, f"^{go}$", _python(go))


@lru_cache(maxsize=4096)
def _is_part(pattern: str, name: str) -> bool:
    """Tell whether one part of a path may be matched by one with `*` and `?` in it."""
    quick = _python(_go(pattern)[1])
    return quick == "" or re.fullmatch(quick, name) is not None


def _require_syntax(text: str) -> None:
    """Refuse what Go's filepath.Match refuses: an open class, an empty one, a dash out of place, a last backslash."""
    at = 0
    while at < len(text):
        if text[at] == "[":
            at = _end_of_class(text, at + 1)
        elif text[at] == "\\":
            at += 2
            _require(at <= len(text), "a backslash at the end")
        else:
            at += 1


def _end_of_class(text: str, at: int) -> int:
    at += text.startswith("^", at)
    first = at
    while at == first or not text.startswith("]", at):
        at = _end_of_member(text, at)
        if text.startswith("-", at):
            at = _end_of_member(text, at + 1)
    return at + 1


def _end_of_member(text: str, at: int) -> int:
    _require(at < len(text) and text[at] not in "-]", "a bad character class")
    at += 1 + (text[at] == "\\")
    _require(at < len(text), "a character class without its end")
    return at


def _require(right: bool, what: str) -> None:
    if not right:
        raise BadPattern(what)


def _go(text: str) -> tuple[Kind, str]:
    """Return how Docker matches the pattern, and the regular expression of Go that it makes of it."""
    kind: Kind = "exact"
    parts, at = [], 0
    while at < len(text):
        begin, letter = at, text[at]
        at += 1
        if text.startswith("**", begin):
            at += 1 + text.startswith("/", begin + 2)
            last = at == len(text)
            parts.append(_REST if last else _FOLDERS)
            kind = "suffix" if begin == 0 else "prefix" if last and kind == "exact" else "regex"
            continue
        if letter == "\\":
            at += 1
            parts.append(text[begin:at])
        else:
            parts.append({"*": _STAR, "?": "[^/]"}.get(letter, f"\\{letter}" if letter in ".+()|{}$" else letter))
        kind = "regex" if letter in "*?\\[]" else kind
    return kind, "".join(parts)


def _python(go: str) -> str:
    """Return an expression of Go for Python, empty where it is another one there or could take long."""
    shorter = _SAME_TWICE.sub(r"\1", go)
    few = shorter.removesuffix(_STAR).count(_STAR) <= _MOST_STARS and shorter.count(_FOLDERS) <= _MOST_STARS
    return shorter if few and _LIKE_PYTHON.fullmatch(shorter) else ""
