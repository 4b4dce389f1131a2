r"""One pattern of a `.dockerignore`, with the meaning that Docker gives it.

Docker turns a pattern into a regular expression of Go; a few oddities of that way are part of the meaning: `[?]`
is no question mark, `a**b` needs a slash before the `b`, `\d` is a digit. Go matches in linear time and Python does
not, so what could take long here is matched step by step.
Sources: github.com/moby/patternmatcher, `New` and `compile`; Go's path/filepath, `Match`; Go's regexp/syntax.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Literal, NamedTuple

Kind = Literal["exact", "prefix", "suffix", "regex"]
Ranges = list[tuple[int, int]]

_STAR, _REST, _FOLDERS, _BEGIN = "[^/]*", ".*", "(?:.*/)?", "^"
_ZERO_WIDTH = {"A": r"\A", "b": r"\b", "B": r"\B", "z": r"\Z"}
_LETTERS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LAST = 0x10FFFF
_NAMED = {
    "alnum": "09AZaz", "alpha": "AZaz", "ascii": "\0\x7f", "blank": "\t\t  ", "cntrl": "\0\x1f\x7f\x7f", "digit": "09",
    "graph": "!~", "lower": "az", "print": " ~", "punct": "!/:@[`{~", "space": "\t\r  ", "upper": "AZ",
    "word": "09AZaz__", "xdigit": "09AFaf",
}  # fmt: skip
_PERL = {"d": "09", "w": "09AZaz__", "s": "\t\n\f\r  "}
_MOST_STARS = 2


class BadPattern(ValueError):
    """A pattern that Docker refuses too."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern without its `!`; `regex` is for whole paths, `steps` its parts where it has to go step by step."""

    text: str
    exception: bool
    kind: Kind
    regex: str = ""
    steps: tuple[str, ...] = ()

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
        if self.steps:
            return _Steps(self.steps)
        found = re.compile(self.regex, re.ASCII).fullmatch
        return lambda path: found(path) is not None

    def may_match_below(self, folder: str) -> bool:
        """Tell whether some path below `folder` could be matched; True where that is not easily known."""
        theirs = folder.split("/")
        ours = self.text.split("/")
        for number, part in enumerate(ours):
            if "**" in part or any(letter in part for letter in "[]\\^"):
                return True
            if number == len(theirs):
                return True
            if not _part(part, theirs[number]):
                return False
        return False


def parse(text: str) -> Pattern:
    """Return the pattern in a cleaned line; BadPattern for what Docker does not take."""
    exception = text.startswith("!")
    text = text[1:] if exception else text
    if not text:
        raise BadPattern("there is nothing after the !")
    _require_syntax(text)
    kind, regex = _go(text)
    if kind != "regex":
        return Pattern(text, exception, kind)
    steps = _shortened(_steps(regex))
    return Pattern(text, exception, kind, "".join(steps), tuple(steps) if _may_take_long(steps) else ())


def _shortened(steps: Iterable[str]) -> list[str]:
    """Return `steps` without a star that follows the same star: it adds nothing but time."""
    return [step for key, same in groupby(steps) for step in ([key] if key in (_STAR, _FOLDERS, _REST) else same)]


@lru_cache(maxsize=4096)
def _part(pattern: str, name: str) -> bool:
    """Tell whether one part of a path is matched by one with `*` and `?` in it."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == name
    steps = [_STAR if letter == "*" else "[^/]" if letter == "?" else re.escape(letter) for letter in pattern]
    return _Steps(tuple(steps))(name)


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
            parts.append(".*" if last else "(.*/)?")
            kind = "suffix" if begin == 0 else "prefix" if last and kind == "exact" else "regex"
            continue
        if letter == "\\":
            at += 1
            parts.append(text[begin:at])
        else:
            parts.append({"*": "[^/]*", "?": "[^/]"}.get(letter, f"\\{letter}" if letter in ".+()|{}$" else letter))
        kind = "regex" if letter in "*?\\[]" else kind
    return kind, "".join(parts)


def _steps(go: str) -> Iterator[str]:
    """Yield the parts of a regular expression of Go in Python's words: one character, a star, or no width."""
    at = 0
    while at < len(go):
        if go.startswith("(.*/)?", at):
            yield _FOLDERS
            at += 6
        elif go.startswith(".*", at):
            yield _REST
            at += 2
        elif go[at] == "[":
            ranges, at = _class(go, at + 1)
            star = go.startswith("*", at)
            yield _written(ranges) + "*" * star
            at += star
        elif go[at] == "\\":
            yield _escaped(go[at + 1])
            at += 2
        else:
            yield _BEGIN if go[at] == "^" else re.escape(go[at])
            at += 1


def _class(go: str, at: int) -> tuple[Ranges, int]:
    """Return what the class that begins before `at` holds, and where it ends."""
    negated = go.startswith("^", at)
    at += negated
    found: Ranges = []
    first = at
    while at == first or not go.startswith("]", at):
        _require(at < len(go), "a character class without its end")
        more, at = _member(go, at)
        found += more
    return _others(found) if negated else found, at + 1


def _member(go: str, at: int) -> tuple[Ranges, int]:
    end = go.find(":]", at + 2) if go.startswith("[:", at) else -1
    if end >= 0:
        name = go[at + 2 : end]
        _require(name.removeprefix("^") in _NAMED, "an unknown character class")
        ranges = _pairs(_NAMED[name.removeprefix("^")])
        return _others(ranges) if name.startswith("^") else ranges, end + 2
    if go[at] == "\\" and go[at + 1 : at + 2].lower() in _PERL:
        ranges = _pairs(_PERL[go[at + 1].lower()])
        return _others(ranges) if go[at + 1].isupper() else ranges, at + 2
    low, at = _character(go, at)
    high = low
    if go.startswith("-", at) and not go.startswith("]", at + 1):
        high, at = _character(go, at + 1)
    _require(low <= high, "a range that ends before it begins")
    return [(low, high)], at


def _character(go: str, at: int) -> tuple[int, int]:
    _require(at < len(go), "a character class without its end")
    if go[at] != "\\":
        return ord(go[at]), at + 1
    return ord(_literal(go[at + 1 : at + 2])), at + 2


def _literal(letter: str) -> str:
    """Return the character that a backslash before `letter` means."""
    if letter in _LETTERS:
        return _LETTERS[letter]
    _require(letter.isascii() and not letter.isalnum() and letter != "", f"a backslash before {letter!r}")
    return letter


def _escaped(letter: str) -> str:
    if letter.lower() in _PERL:
        ranges = _pairs(_PERL[letter.lower()])
        return _written(_others(ranges) if letter.isupper() else ranges)
    return _ZERO_WIDTH.get(letter) or re.escape(_literal(letter))


def _pairs(ends: str) -> Ranges:
    return [(ord(ends[at]), ord(ends[at + 1])) for at in range(0, len(ends), 2)]


def _others(ranges: Ranges) -> Ranges:
    """Return all characters that are not in `ranges`."""
    found, begin = [], 0
    for low, high in sorted(ranges):
        if begin < low:
            found.append((begin, low - 1))
        begin = max(begin, high + 1)
    return [*found, (begin, _LAST)] if begin <= _LAST else found


def _written(ranges: Ranges) -> str:
    if ranges == _others([(ord("/"), ord("/"))]):
        return "[^/]"
    return "[" + "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges) + "]" if ranges else r"(?!)"


def _may_take_long(steps: list[str]) -> bool:
    """Tell whether Python could try too many ways; what is short or has no width is left to it."""
    stars = [step for step in steps[:-1] if step.endswith("*")]
    wide = [step for step in steps if step in (_FOLDERS, _REST)]
    narrow = not any(step == _BEGIN or step in _ZERO_WIDTH.values() or step == r"(?!)" for step in steps)
    return narrow and (len(stars) > _MOST_STARS or len(wide) > _MOST_STARS)


class _Steps:
    """Matches by following all ways at once: the time is that of the path times that of the pattern."""

    def __init__(self, steps: tuple[str, ...]) -> None:
        self._steps = [made for step in steps for made in _made(step)]

    def __call__(self, path: str) -> bool:
        """Tell whether the whole of `path` is matched."""
        at = self._reached({0})
        for letter in path:
            at = self._reached(
                {
                    step + (not self._steps[step].again)
                    for step in at
                    if step < len(self._steps) and self._steps[step].takes(letter)
                }
            )
            if not at:
                return False
        return len(self._steps) in at

    def _reached(self, at: set[int]) -> set[int]:
        """Return `at` with the steps that are reached without a character."""
        found, left = set(at), list(at)
        while left:
            step = left.pop()
            skips = self._steps[step].skips if step < len(self._steps) else ()
            for following in {step + skip for skip in skips} - found:
                found.add(following)
                left.append(following)
        return found


class _Step(NamedTuple):
    """What one character must be, whether more may follow, and how many steps on one may go without any."""

    takes: Callable[[str], object]
    again: bool = False
    skips: tuple[int, ...] = ()


def _made(step: str) -> list[_Step]:
    """Return one part of a regular expression as steps; `(?:.*/)?` begins with a fork."""
    if step == _FOLDERS:
        return [_Step(lambda letter: False, skips=(1, 3)), *_made(_REST), *_made("/")]
    if len(step) > 1 and step.endswith("*") and not step.startswith("\\"):
        return [_Step(re.compile(step[:-1]).fullmatch, again=True, skips=(1,))]
    return [_Step(re.compile(step).fullmatch)]
