"""Patterns of paths: the `*` of `include:local`, and the globs of `rules:exists`.

Sources: gitlab `Repository#search_files_by_wildcard_path`; Ruby docs `File.fnmatch` with FNM_PATHNAME, FNM_DOTMATCH and
FNM_EXTGLOB. No pattern costs more than its length times that of the path.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_SPECIAL = re.compile(r"[*?\[{\\]")
_ALTERNATIVES = 1000  # that the braces of one glob may stand for
_COMPARISONS = 50_000  # from here on GitLab takes a pattern as matched


class _Step(NamedTuple):
    """One piece of a pattern: a set of letters, once or, when `many`, any number of times."""

    letters: str
    excluded: bool  # all letters but these
    many: bool = False
    skip: int = 0  # how many steps may be left out from here


_NAME = _Step("/", excluded=True, many=True)
_ANY = _Step("", excluded=True, many=True)
_FOLDERS = (_Step("", excluded=True, many=True, skip=2), _Step("/", excluded=False))  # any, and a slash; or nothing
Steps = tuple[_Step, ...]


def included(pattern: str, paths: Iterable[str]) -> list[str]:
    """Return the paths, sorted, that the `*` and `**` of `include:local` match."""
    steps = _of_include(pattern)
    begin = pattern.partition("*")[0]
    end = pattern.rpartition("*")[2].removeprefix("/")
    return sorted(path for path in paths if path.startswith(begin) and path.endswith(end) and _is_match(steps, path))


def exists(globs: Sequence[str], paths: Iterable[str]) -> bool:
    """Tell whether one of the paths is matched by one of the globs of `rules:exists`."""
    every = set(paths)
    patterns = [glob for glob in globs if _SPECIAL.search(glob)]
    if len(every) * len(patterns) > _COMPARISONS or not every.isdisjoint(globs):
        return True
    return any(_is_glob_of(glob, every) for glob in patterns)


def _is_glob_of(glob: str, paths: Iterable[str]) -> bool:
    alternatives = [_of_glob(one) for one in _alternatives(glob)]
    begin = _SPECIAL.split(glob, maxsplit=1)[0]
    return any(path.startswith(begin) and any(_is_match(steps, path) for steps in alternatives) for path in paths)


def _of_include(pattern: str) -> Steps:
    steps: list[_Step] = []
    for piece in re.split(r"(\*\*/|\*\*|\*)", pattern):
        known: dict[str, Steps] = {"**/": _FOLDERS, "**": (_ANY,), "*": (_NAME,)}
        steps += known.get(piece) or [_Step(letter, excluded=False) for letter in piece]
    return _shortened(steps)


def _of_glob(glob: str) -> Steps:
    steps: list[_Step] = []
    at = 0
    while at < len(glob):
        made, at = _glob_step(glob, at)
        steps += made
    return _shortened(steps)


def _shortened(steps: list[_Step]) -> Steps:
    """Return the steps without stars that only repeat the one before them."""
    return tuple(step for at, step in enumerate(steps) if not (at and step.many and step == steps[at - 1]))


def _glob_step(glob: str, at: int) -> tuple[Steps, int]:
    if glob.startswith("**/", at) and (at == 0 or glob[at - 1] == "/"):
        return _FOLDERS, at + 3
    letter = glob[at]
    if letter == "*":
        return (_NAME,), at + 1
    if letter == "?":
        return (_Step("/", excluded=True),), at + 1
    if letter == "[" and (end := glob.find("]", at + 2)) > 0:
        return (_class(glob[at + 1 : end]),), end + 1
    if letter == "\\" and at + 1 < len(glob):
        return (_Step(glob[at + 1], excluded=False),), at + 2
    return (_Step(letter, excluded=False),), at + 1


def _class(text: str) -> _Step:
    excluded = text[0] in "!^"
    letters = text[1:] if excluded else text
    spread = re.sub(r"(.)-(.)", lambda found: _between(found[1], found[2]), letters, flags=re.S)
    return _Step(spread + "/" if excluded else spread.replace("/", ""), excluded)


def _between(first: str, last: str) -> str:
    return "".join(map(chr, range(ord(first), min(ord(last), ord(first) + _ALTERNATIVES) + 1)))


def _alternatives(glob: str) -> list[str]:
    """Return the globs that the braces of one stand for; what is more than can be meant is left out."""
    done: list[str] = []
    waiting = [glob]
    while waiting and len(done) + len(waiting) <= _ALTERNATIVES:
        one = waiting.pop()
        begin = one.rfind("{")
        end = one.find("}", begin)
        if begin < 0 or end < 0:
            done.append(one)
        else:
            waiting += [one[:begin] + part + one[end + 1 :] for part in one[begin + 1 : end].split(",")]
    return done


def _is_match(steps: Steps, path: str) -> bool:
    """Tell whether the steps lead from the first to the last letter; all ways are followed at once."""
    ways = _reached(steps, {0})
    for letter in path:
        next_ways = set()
        for way in ways:
            if way < len(steps) and (letter in steps[way].letters) != steps[way].excluded:
                next_ways.add(way if steps[way].many else way + 1)
        ways = _reached(steps, next_ways)
        if not ways:
            return False
    return len(steps) in ways


def _reached(steps: Steps, ways: set[int]) -> set[int]:
    """Return the ways with those that need no letter to go on."""
    waiting = list(ways)
    while waiting:
        way = waiting.pop()
        step = steps[way] if way < len(steps) else None
        further = [] if step is None else [way + 1] * step.many + [way + step.skip] * bool(step.skip)
        new = [each for each in further if each not in ways]
        ways.update(new)
        waiting += new
    return ways
