"""A Dockerfile as its instructions, far enough to know which images a build begins with.

Sources: docker docs "Dockerfile reference"; moby/buildkit, frontend/dockerfile/parser and frontend/dockerfile/shell.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*")
_DIRECTIVES = ("syntax", "escape", "check")
_WORD = re.compile(r"""(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*"|['"\\])+""")
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)")
_WITH_HEREDOCS = ("ADD", "COPY", "RUN")
_OF_BUILDER = ("BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT", "BUILDOSVERSION")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class NotExpanded(ValueError):
    """A variable is used in a way that is not known here."""


class Line(NamedTuple):
    """A line with its continuations joined: `text` stands in the lines from number `begin` up to `end` of the file."""

    text: str
    begin: int
    end: int


class Instruction(NamedTuple):
    """One instruction: its name in capitals, its `--flag=value` pairs in order, and its other words, unexpanded."""

    name: str
    flags: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    line: Line


class Dockerfile(NamedTuple):
    """The instructions in their order; `escape` is the character that joins lines and takes a meaning away."""

    instructions: tuple[Instruction, ...]
    escape: str


def parse(text: str) -> Dockerfile:
    """Return the instructions of a Dockerfile; what is no instruction is one of an unknown name."""
    lines = text.removeprefix("\ufeff").split("\n")
    escape = _escape(lines)
    return Dockerfile(tuple(_instruction(line) for line in _logical(lines, escape)), escape)


def global_arguments(text: str) -> tuple[str, ...]:
    """Return the names of the arguments that are declared before the first FROM and have no value there."""
    found: list[str] = []
    for instruction in parse(text).instructions:
        if instruction.name == "FROM":
            break
        if instruction.name == "ARG":
            found += [word for word in instruction.words if "=" not in word]
    return tuple(found)


def words(line: Line) -> Iterator["re.Match[str]"]:
    """Yield each word of a line with where it stands, the name of the instruction first, then its flags."""
    return _WORD.finditer(line.text)


def expand(word: str, values: Mapping[str, str], escape: str) -> str:
    """Return `word` without quotes and with its variables replaced; NotExpanded where that is not known here."""
    reader = _Reader(word, values, escape)
    return reader.until("")


def _escape(lines: list[str]) -> str:
    """Return the escape character that the directives at the top choose."""
    for line in lines:
        found = _DIRECTIVE.fullmatch(line.strip())
        if not found or found[1].lower() not in _DIRECTIVES:
            break
        if found[1].lower() == "escape" and found[2] in ("\\", "`"):
            return found[2]
    return "\\"


def _logical(lines: list[str], escape: str) -> Iterator[Line]:
    """Yield the lines with their continuations, without comments, empty lines and what heredocs hold."""
    joint = re.compile(rf"(?<!{re.escape(escape)}){re.escape(escape)}[ \t]*\Z")
    at = 0
    while at < len(lines):
        whole, going_on, begin = "", True, at
        while going_on and at < len(lines):
            line = lines[at].rstrip("\r")
            at += 1
            if line.lstrip().startswith("#") or (whole and not line.strip()):
                continue
            begin = begin if whole else at - 1
            going_on = joint.search(line) is not None
            whole += joint.sub("", line)
        if whole.strip():
            yield Line(whole, begin, at)
            at = _after_heredocs(whole, lines, at)


def _after_heredocs(line: str, lines: list[str], at: int) -> int:
    """Return where the file goes on after the heredocs that `line` begins; one without its end is none."""
    found_words = _WORD.findall(line)
    name = next((word.upper() for word in found_words if word.upper() != "ONBUILD"), "")
    for word in found_words if name in _WITH_HEREDOCS else ():
        found = _HEREDOC.fullmatch(word)
        if not found:
            continue
        ended = re.sub(r"['\"\\]", "", found[2])
        for number in range(at, len(lines)):
            text = lines[number].rstrip("\r")
            if (text.lstrip("\t") if found[1] else text) == ended:
                at = number + 1
                break
    return at


def _instruction(line: Line) -> Instruction:
    name, *others = _WORD.findall(line.text)
    flags = []
    while others and others[0].startswith("--"):
        flag, _, value = others.pop(0)[2:].partition("=")
        flags.append((flag, value))
    return Instruction(name.upper(), tuple(flags), tuple(others), line)


class _Reader:
    """Reads one word as BuildKit's shell does, from the left."""

    def __init__(self, word: str, values: Mapping[str, str], escape: str) -> None:
        self._word, self._values, self._escape, self._at = word, values, escape, 0

    def until(self, end: str) -> str:
        """Return what stands before `end`, or before the word's end, and go behind it."""
        found: list[str] = []
        while self._at < len(self._word):
            letter = self._next()
            if letter == end:
                return "".join(found)
            found.append(self._piece(letter))
        if end:
            raise NotExpanded(f"{self._word!r} has no closing {end}")
        return "".join(found)

    def _piece(self, letter: str) -> str:
        if letter == "'":
            return self._quoted()
        if letter == '"':
            return self._double_quoted()
        if letter == "$":
            return self._variable()
        if letter == self._escape:
            return self._next()
        return letter

    def _next(self) -> str:
        self._at += 1
        return self._word[self._at - 1 : self._at]

    def _quoted(self) -> str:
        begin, self._at = self._at, self._word.find("'", self._at) + 1
        if not self._at:
            raise NotExpanded(f"{self._word!r} has no closing '")
        return self._word[begin : self._at - 1]

    def _double_quoted(self) -> str:
        found: list[str] = []
        while (letter := self._next()) != '"':
            if not letter:
                raise NotExpanded(f'{self._word!r} has no closing "')
            if letter == self._escape and self._word[self._at : self._at + 1] in ('"', "$", self._escape):
                letter = self._next()
                found.append(letter)
            else:
                found.append(self._variable() if letter == "$" else letter)
        return "".join(found)

    def _variable(self) -> str:
        braces = self._word.startswith("{", self._at)
        self._at += braces
        name = _NAME.match(self._word, self._at)
        if not name:
            raise NotExpanded(f"{self._word!r} has a $ without a name")
        self._at = name.end()
        value = self._values.get(name[0])
        if value is None and name[0] in _OF_BUILDER:
            raise NotExpanded(f"{self._word!r} depends on the machine that builds")
        return self._modified(value) if braces else value or ""

    def _modified(self, value: str | None) -> str:
        """Return the value of `${NAME…}` from behind the name on."""
        colon = self._word.startswith(":", self._at)
        self._at += colon
        sign = self._next()
        if sign == "}" and not colon:
            return value or ""
        if sign not in ("-", "+", "?"):
            raise NotExpanded(f"{self._word!r} changes a variable in a way that is not known here")
        word = self.until("}")
        there = value is not None and not (colon and value == "")
        if sign == "?" and not there:
            raise NotExpanded(f"{self._word!r}: {word or 'a variable has no value'}")
        return (word if there else "") if sign == "+" else (value or "") if there else word
