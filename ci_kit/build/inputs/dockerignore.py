"""Which files of a context Docker sends: `.dockerignore`, read and applied as Docker does.

Sources: docker docs "Build context: .dockerignore files"; github.com/moby/patternmatcher, `ReadAll` and
`MatchesUsingParentResults`; moby/buildkit, frontend/dockerui.
"""

import os
import posixpath
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ci_kit.build.inputs.ignore_pattern import BadPattern, Pattern, parse
from ci_kit.errors import BuildError, UsageError

NAME = ".dockerignore"

# What Go's strings.TrimSpace takes off; Python's strip knows four more.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f"
_SPACE += "\u205f\u3000"
_LONGEST_LINE = 64 * 1024  # bytes, the limit of Go's bufio.Scanner


class Judged(NamedTuple):
    """Whether a path is left out, and which patterns matched it or a folder above it."""

    out: bool
    matched: tuple[bool, ...]


class Rules:
    """The patterns of one file, in their order; the last that matches decides.

    A path is judged after the folder it lies in, with what matched there: a pattern that matches a folder matches
    all below it.
    """

    def __init__(self, patterns: Sequence[Pattern] = (), path: Path | None = None) -> None:
        """Keep the patterns; `path` is the file they stand in, None when there is none."""
        self.path = path
        self.context = Judged(False, (False,) * len(patterns))
        self._patterns = tuple((pattern.exception, pattern.matcher()) for pattern in patterns)
        self._exceptions = tuple(pattern for pattern in patterns if pattern.exception)
        self._matched = _AnyOf(patterns)

    def judge(self, path: str, folder: Judged) -> Judged:
        """Return what becomes of `path`; `folder` is what became of its folder, or `context`."""
        if not self._matched(path):
            return folder
        out, found = False, []
        for (exception, matches), matched_above in zip(self._patterns, folder.matched, strict=True):
            # Docker does not ask a pattern that could change nothing here, and then it does not hold below either.
            matched = matched_above or (exception == out and matches(path))
            found.append(matched)
            out = not exception if matched else out
        return Judged(out, tuple(found))

    def may_return(self, folder: str) -> bool:
        """Tell whether an exception may bring back something below `folder`, which is left out itself."""
        return any(pattern.may_match_below(folder) for pattern in self._exceptions)


def read(context: Path, dockerfile: Path) -> Rules:
    """Return the rules for a build: of `<Dockerfile>.dockerignore` where there is one, else of the context.

    UsageError names the line that Docker refuses, BuildError a file that cannot be read.
    """
    for path in (Path(f"{dockerfile}{NAME}"), context / NAME):
        try:
            return Rules(patterns(path.read_bytes(), str(path)), path)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise BuildError(f"{path} cannot be read: {error.strerror}", hint="make it readable") from error
    return Rules()


def patterns(content: bytes, place: str) -> list[Pattern]:
    """Return the patterns in the text of a file; UsageError with `place:line` for what Docker refuses."""
    found = []
    for number, line in enumerate(content.split(b"\n"), 1):
        text = _cleaned(_text(line, number))
        if not text:
            continue
        try:
            if len(line) >= _LONGEST_LINE:
                raise BadPattern("a line of more than 64 KiB")
            found.append(parse(text))
        except BadPattern as error:
            said = f"{text[:80]!r} is no pattern: {error}"
            raise UsageError(said, place=f"{place}:{number}", hint="see docker's docs, .dockerignore files") from error
    return found


def _text(line: bytes, number: int) -> str:
    line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
    return "" if line.startswith(b"#") else os.fsdecode(line).strip(_SPACE)


def _cleaned(text: str) -> str:
    """Return a line as Docker normalises it, empty when it says nothing."""
    if not text.startswith("!"):
        return _clean(text)
    exception = _clean(text[1:].strip(_SPACE))
    return "!" if exception == "/" else f"!{exception}"


def _clean(text: str) -> str:
    """Return a path without `.`, `..` and doubled slashes; relative, but for the root itself."""
    if not text:
        return ""
    cleaned = re.sub("^//", "/", posixpath.normpath(text))
    return cleaned[1:] if len(cleaned) > 1 and cleaned.startswith("/") else cleaned


class _AnyOf:
    """Tells whether any pattern matches a path itself: most paths meet none, so this is asked first."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        suffixes = [pattern.text[2:] for pattern in patterns if pattern.kind == "suffix"]
        self._exact = {pattern.text for pattern in patterns if pattern.kind == "exact"}
        self._exact |= {suffix[1:] for suffix in suffixes if suffix.startswith("/")}
        self._suffixes = tuple(suffixes)
        self._prefixes = tuple(pattern.text[:-2] for pattern in patterns if pattern.kind == "prefix")
        quick = [pattern.quick for pattern in patterns if pattern.quick]
        self._quick = re.compile("|".join(f"(?:{regex})" for regex in quick) or r"(?!)").fullmatch
        self._slow = tuple(pattern.matcher() for pattern in patterns if pattern.regex and not pattern.quick)

    def __call__(self, path: str) -> bool:
        return (
            path in self._exact
            or path.endswith(self._suffixes)
            or path.startswith(self._prefixes)
            or self._quick(path) is not None
            or any(matches(path) for matches in self._slow)
        )
