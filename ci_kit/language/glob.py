"""Paths that a pattern of `rules:exists` or `rules:changes` matches.

Sources: gitlab `lib/gitlab/ci/build/rules/rule/clause` (exists.rb, changes.rb); Ruby documentation, `File.fnmatch`
with FNM_PATHNAME, FNM_DOTMATCH and FNM_EXTGLOB.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

_COMPARISONS = 50_000  # of paths with patterns; from there on GitLab says yes
_EXPANDED = 10_000  # patterns that braces make of one
_META = frozenset("*?[{")
_NESTED = "**/*"


def exists(globs: Collection[str], paths: Collection[str]) -> bool:
    """Tell whether `rules:exists` with these globs finds a file among the paths of a project."""
    plain = [glob for glob in globs if _META.isdisjoint(glob)]
    if not set(paths).isdisjoint(plain):
        return True
    patterns = [glob for glob in globs if not _META.isdisjoint(glob)]
    endings = tuple(glob.removeprefix(_NESTED) for glob in patterns if _is_ending(glob.removeprefix(_NESTED)))
    if endings and any(path.endswith(endings) for path in paths):
        return True
    rest = [glob for glob in patterns if not _is_ending(glob.removeprefix(_NESTED))]
    return len(rest) * len(paths) > _COMPARISONS or any(matches(glob, paths) for glob in rest)


def changed(globs: Collection[str], paths: Collection[str]) -> bool:
    """Tell whether `rules:changes` with these globs finds one of the paths that were changed."""
    return len(set(globs)) * len(paths) > _COMPARISONS or any(matches(glob, paths) for glob in globs)


def matches(pattern: str, paths: Iterable[str]) -> bool:
    """Tell whether the pattern matches one of the paths; one whose braces make too many patterns is said to."""
    expanded = list(islice(_expanded(pattern), _EXPANDED + 1))
    return len(expanded) > _EXPANDED or any(_is_match(one, path) for path in paths for one in expanded)


def _is_ending(glob: str) -> bool:
    return glob.startswith(".") and "/" not in glob and _META.isdisjoint(glob)


def _expanded(pattern: str) -> Iterator[str]:
    """Yield the patterns that `{a,b}` stands for; none at all when a brace is never closed."""
    waiting = [pattern]
    while waiting:
        one = waiting.pop()
        start, ends = _braces(one)
        if start < 0:
            yield one
        elif one[ends[-1]] == "}":
            pieces = [one[begin + 1 : end] for begin, end in zip([start, *ends], ends, strict=False)]
            waiting += [one[:start] + piece + one[ends[-1] + 1 :] for piece in reversed(pieces)]


def _braces(pattern: str) -> tuple[int, list[int]]:
    """Return where the first brace opens (-1: nowhere), its commas, and where it closes; the last is a comma if not."""
    start, ends, depth, escaped = -1, [], 0, False
    for at, character in enumerate(pattern):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == "{":
            start = at if start < 0 else start
            depth += 1
        elif start >= 0 and (character == "}" or (character == "," and depth == 1)):
            ends.append(at)
            depth -= character == "}"
            if depth == 0:
                return start, [end for end in ends if end == at or pattern[end] == ","]
    return start, [start]


def _is_match(pattern: str, path: str) -> bool:
    """Tell whether the whole path matches, part by part between slashes; `**/` stands for any number of parts."""
    at, to = 0, 0
    again: tuple[int, int] | None = None
    while True:
        if pattern.startswith("**/", at):
            while pattern.startswith("**/", at):
                at += 3
            again = (at, to)
        found, at, to = _part(pattern, at, path, to)
        if found:
            to = _end(path, to)
            if at >= len(pattern) and to >= len(path):
                return True
            if at < len(pattern) and to < len(path):
                at, to = at + 1, to + 1
                continue
        if again is None or _end(path, again[1]) >= len(path):
            return False
        again = at, to = again[0], _end(path, again[1]) + 1


def _part(pattern: str, at: int, path: str, to: int) -> tuple[bool, int, int]:
    """Tell whether a part of the pattern matches a part of the path, and return where both stand then.

    After a failure the last `*` takes one character more; the ones before it need not be tried again.
    """
    star: tuple[int, int] | None = None
    while True:
        if pattern.startswith("*", at):
            while pattern.startswith("*", at):
                at += 1
            if _is_end(pattern, _bare(pattern, at)):
                return True, _bare(pattern, at), to
            star = (at, to)
        if _is_end(path, to):
            at = at if pattern[at : at + 1] in ("?", "[") else _bare(pattern, at)
            return _is_end(pattern, at), at, to
        after = _after(pattern, at, path[to])
        if after:
            at, to = after, to + 1
        elif star is None:
            return False, at, to
        else:
            star = at, to = star[0], star[1] + 1


def _after(pattern: str, at: int, character: str) -> int:
    """Return where the pattern goes on behind what matches the character, 0 when nothing does."""
    if pattern.startswith("?", at):
        return at + 1
    if pattern.startswith("[", at):
        return _after_set(pattern, at + 1, character)
    at = _bare(pattern, at)
    return at + 1 if not _is_end(pattern, at) and pattern[at] == character else 0


def _after_set(pattern: str, at: int, character: str) -> int:
    negated = pattern[at : at + 1] in ("!", "^")
    at += negated
    found = False
    while at < len(pattern) and pattern[at] != "]":
        low, at = _member(pattern, at)
        high = low
        if pattern.startswith("-", at) and not pattern.startswith("]", at + 1):
            high, at = _member(pattern, at + 1)
        found = found or character in (low, high) or low <= character <= high
    return at + 1 if at < len(pattern) and found != negated else 0


def _member(pattern: str, at: int) -> tuple[str, int]:
    at += pattern.startswith("\\", at)
    return pattern[at : at + 1], at + 1


def _bare(pattern: str, at: int) -> int:
    return at + pattern.startswith("\\", at)


def _is_end(text: str, at: int) -> bool:
    return at >= len(text) or text[at] == "/"


def _end(path: str, at: int) -> int:
    found = path.find("/", at)
    return len(path) if found < 0 else found
