"""Where a part of a text stands in its file."""

from typing import Any, NamedTuple

from ci_kit.source.value import Mark

_BREAKS = ("\x85", "\u2028", "\u2029")  # lines end here to libyaml, and to no editor


class Part(NamedTuple):
    """A part of the file `path`: the characters of its text from `begin` up to `end`."""

    path: str
    whole: str
    begin: int
    end: int

    @property
    def text(self) -> str:
        """The characters of the part."""
        return self.whole[self.begin : self.end]

    @property
    def line(self) -> int:
        """The number of the line in which it begins, from 1."""
        return self.whole.count("\n", 0, self.begin) + 1

    @property
    def is_simple(self) -> bool:
        """Whether it begins a line, and its lines are the same to libyaml and to an editor."""
        whole = self.whole
        if self.begin and whole[self.begin - 1] != "\n":
            return False
        return whole.count("\r") == whole.count("\r\n") and not any(one in whole for one in _BREAKS)


class Exact:
    """The marks of a part that is not simple, found by counting characters."""

    def __init__(self, part: Part) -> None:
        """Find the lines of the file."""
        self._part = part
        self._begins = [0]
        at = part.whole.find("\n")
        while at >= 0:
            self._begins.append(at + 1)
            at = part.whole.find("\n", at + 1)

    def mark(self, start: Any, end: Any) -> Mark:
        """Return the mark between two of libyaml's."""
        return (*self.place(start.index), *self.place(end.index), self._part.path)

    def place(self, index: int) -> tuple[int, int]:
        """Return line and column of the character at `index` of the part."""
        from bisect import bisect_right

        index += self._part.begin
        line = bisect_right(self._begins, index)
        return line, index - self._begins[line - 1] + 1
