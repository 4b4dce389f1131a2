"""The syntax of RE2: exactly what it takes, with its limits.

Source: github.com/google/re2/wiki/Syntax; re2 `parse.cc`, `compile.cc`. Greedy or not, and what a group captures, is
read and forgotten: nobody here asks where a match is, only whether there is one.
"""

import re
from typing import NamedTuple, TypeAlias

from ci_kit.language.re2_set import LAST, POSIX, Group, Item, Range, Set, is_group

REPEATS = 1000  # of repetitions in each other, multiplied
SIZE = 699_000  # instructions that fit into the 8 MiB that RE2 allows itself; `Set.size` is an estimate
_REPEAT = re.compile(r"\{(0|[1-9][0-9]{0,8})(?:(,)(0|[1-9][0-9]{0,8})?)?\}")
_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_NAMED = re.compile(r"\(\?P?<(\w+)>")
_GROUP = re.compile(r"\\([pP])(?:\{([^}]*)\}|(.))", re.S)
_OCTAL = re.compile(r"\\(?:0[0-7]{0,2}|[1-7][0-7]{1,2})")
_HEXADECIMAL = re.compile(r"\\x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "f": "\f", "v": "\v"}
_PLACES = {"A": "text", "z": "end", "b": "word", "B": "inside"}
_ANY = Range(0, LAST)
_LINE_END = Range(10, 10)


class Malformed(Exception):
    """RE2 refuses the text. Caught by `parsed`."""


class At(NamedTuple):
    """A place between characters: `text` and `end`, `line` and `line end`, at a `word`'s border or `inside`."""

    place: str
    size: int = 1
    times: int = 1


class One(NamedTuple):
    """One character of a set."""

    of: Set
    size: int
    times: int = 1


class Row(NamedTuple):
    """One part after the other."""

    parts: tuple["Node", ...]
    size: int
    times: int


class Choice(NamedTuple):
    """One part or another."""

    parts: tuple["Node", ...]
    size: int
    times: int


class Repeated(NamedTuple):
    """A part `least` to `most` times, None: without end; `times` multiplies what is repeated within it."""

    part: "Node"
    least: int
    most: int | None
    size: int
    times: int


Node: TypeAlias = At | One | Row | Choice | Repeated


class _Flags(NamedTuple):
    i: bool = False
    m: bool = False
    s: bool = False
    U: bool = False


class _Open:
    """A group that is not closed yet: what stands before it, and the flags that hold again after it."""

    __slots__ = ("choices", "flags", "row")

    def __init__(self, flags: _Flags) -> None:
        """Begin with nothing in it."""
        self.flags = flags
        self.choices: list[Node] = []
        self.row: list[Node] = []

    def closed(self) -> Node:
        """Return what stands in the group."""
        parts = (*self.choices, _row(self.row))
        if len(parts) == 1:
            return parts[0]
        return Choice(parts, sum(part.size + 1 for part in parts) - 1, max(part.times for part in parts))


def parsed(text: str) -> Node | None:
    """Return the tree of a regular expression, None when RE2 refuses it."""
    try:
        return _Parser(text).parsed()
    except Malformed:
        return None


def _row(parts: list[Node]) -> Node:
    if len(parts) == 1:
        return parts[0]
    return Row(tuple(parts), sum(part.size for part in parts) or 1, max((part.times for part in parts), default=1))


class _Parser:
    """Reads from the left to the right, with a stack of its own: depth costs no recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.flags = _Flags()
        self.stack = [_Open(self.flags)]
        self.repeated = False  # what was read last was `*`, `+`, `?` or `{…}`
        self.last_name = text.rfind(":]")  # where a name of a class can end

    def parsed(self) -> Node:
        while self.at < len(self.text):
            was = self.repeated
            self.repeated = False
            self._step(self.text[self.at], was)
        if len(self.stack) > 1:
            raise Malformed
        found = self.stack[0].closed()
        if found.size > SIZE:
            raise Malformed
        return found

    def _step(self, character: str, was_repeated: bool) -> None:
        if character == "(":
            self._group()
        elif character == ")":
            self._close()
        elif character == "|":
            self.at += 1
            self.stack[-1].choices.append(_row(self.stack[-1].row))
            self.stack[-1].row = []
        elif character in "*+?{":
            self._repeat(character, was_repeated)
        elif character == "[":
            self._push_set(self._class())
        elif character == "\\":
            self._escape()
        else:
            self.at += 1
            self._push_plain(character)

    def _push(self, node: Node) -> None:
        self.stack[-1].row.append(node)

    def _push_set(self, of: Set) -> None:
        self._push(One(of, of.size))

    def _push_plain(self, character: str) -> None:
        if character == "^":
            self._push(At("line" if self.flags.m else "text"))
        elif character == "$":
            self._push(At("line end" if self.flags.m else "end"))
        elif character == ".":
            self._push_set(Set((_ANY,)) if self.flags.s else Set((_LINE_END,), negated=True))
        else:
            self._push_literal(character)

    def _push_literal(self, character: str) -> None:
        self._push_set(Set((Range(ord(character), ord(character)),), folded=self.flags.i))

    def _group(self) -> None:
        if not self.text.startswith("(?", self.at):
            self.at += 1
            self.stack.append(_Open(self.flags))
            return
        named = _NAMED.match(self.text, self.at)
        if named:
            self.at = named.end()
            self.stack.append(_Open(self.flags))
        else:
            self._flags()

    def _flags(self) -> None:
        found = _FLAGS.match(self.text, self.at)
        if not found:
            raise Malformed
        self.at = found.end()
        if found[3] == ":":
            self.stack.append(_Open(self.flags))
        on, off = dict.fromkeys(found[1], True), dict.fromkeys(found[2] or "", False)
        self.flags = self.flags._replace(**on | off)

    def _close(self) -> None:
        if len(self.stack) == 1:
            raise Malformed
        self.at += 1
        closed = self.stack.pop()
        self.flags = closed.flags
        self._push(closed.closed())

    def _repeat(self, character: str, was_repeated: bool) -> None:
        found = _REPEAT.match(self.text, self.at) if character == "{" else None
        if character == "{" and not found:
            self.at += 1
            self._push_literal("{")
            return
        self.at = found.end() if found else self.at + 1
        if self.text.startswith("?", self.at):
            self.at += 1
        if was_repeated or not self.stack[-1].row:
            raise Malformed
        least, most = _bounds(found) if found else {"*": (0, None), "+": (1, None), "?": (0, 1)}[character]
        self._push(_repeated(self.stack[-1].row.pop(), least, most, counted=found is not None))
        self.repeated = True

    def _escape(self) -> None:
        letter = self.text[self.at + 1 : self.at + 2]
        if letter in _PLACES:
            self._push(At(_PLACES[letter]))
        elif letter == "C":
            self._push_set(Set((_ANY,)))
        elif letter == "Q":
            self._quoted()
            return
        else:
            self._escaped()
            return
        self.at += 2

    def _quoted(self) -> None:
        end = self.text.find("\\E", self.at + 2)
        for character in self.text[self.at + 2 : end if end >= 0 else None]:
            self._push_literal(character)
        self.at = end + 2 if end >= 0 else len(self.text)

    def _escaped(self) -> None:
        group = self._named_group()
        if group:
            self._push_set(Set((group,), folded=self.flags.i))
        else:
            self._push_literal(self._character())

    def _named_group(self) -> Group | None:
        """Return the class that an escape stands for, None when it stands for a character."""
        letter = self.text[self.at + 1 : self.at + 2]
        if letter and letter in "dswDSW":
            self.at += 2
            return Group(letter.lower(), letter.isupper())
        if not letter or letter not in "pP":
            return None
        found = _GROUP.match(self.text, self.at)
        name = (found[3] if found[2] is None else found[2]) if found else ""
        if found is None or name == "{" or not is_group(name.removeprefix("^")):
            raise Malformed
        self.at = found.end()
        return Group(name.removeprefix("^"), (letter == "P") != name.startswith("^"))

    def _character(self) -> str:
        """Return the one character at this place, which may be escaped."""
        if self.text[self.at] != "\\":
            self.at += 1
            return self.text[self.at - 1]
        numbered = _OCTAL.match(self.text, self.at) or _HEXADECIMAL.match(self.text, self.at)
        if numbered:
            self.at = numbered.end()
            return _numbered(numbered)
        letter = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if letter in _LETTERS:
            return _LETTERS[letter]
        if not letter or not letter.isascii() or letter.isalnum():
            raise Malformed
        return letter

    def _class(self) -> Set:
        self.at += 1
        negated = self.text.startswith("^", self.at)
        self.at += negated
        items: list[Item] = []
        while not items or not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                raise Malformed
            items.append(self._item())
        self.at += 1
        return Set(tuple(items), negated, self.flags.i)

    def _item(self) -> Item:
        if self.text.startswith("[:", self.at) and self.at + 2 <= self.last_name:
            return self._class_name()
        group = self._named_group() if self.text[self.at] == "\\" else None
        return group or self._range()

    def _class_name(self) -> Group:
        end = self.text.index(":]", self.at + 2)
        name = self.text[self.at + 2 : end].removeprefix("^")
        if name not in POSIX:
            raise Malformed
        negated = self.text[self.at + 2] == "^"
        self.at = end + 2
        return Group(name, negated)

    def _range(self) -> Range:
        low = ord(self._character())
        if self.text[self.at : self.at + 1] != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return Range(low, low)
        self.at += 1
        high = ord(self._character())
        if high < low:
            raise Malformed
        return Range(low, high)


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    least = int(found[1])
    most = int(found[3]) if found[3] else None if found[2] else least
    if max(least, most or 0) > REPEATS or (most is not None and most < least):
        raise Malformed
    return least, most


def _repeated(part: Node, least: int, most: int | None, *, counted: bool) -> Repeated:
    """Return the repetition; only the counted ones multiply, as RE2 copies what they repeat."""
    copies = least if most is None else most
    times = part.times * max(copies, 1) if counted else part.times
    if counted and copies >= 2 and times > REPEATS:
        raise Malformed
    size = part.size * max(copies, 1) + (most - least if most is not None else 1)
    return Repeated(part, least, most, size, times)


def _numbered(found: re.Match[str]) -> str:
    if found.re is _OCTAL:
        return chr(int(found[0][1:], 8))
    digits = (found[1] or found[2]).lstrip("0")
    code = int(digits or "0", 16) if len(digits) <= 6 else LAST + 1
    if code > LAST:
        raise Malformed
    return chr(code)
