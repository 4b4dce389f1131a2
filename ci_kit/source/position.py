"""Where a part of a text stands in its file."""

from typing import Any, NamedTuple

from ci_kit.source.lines import lines_of
from ci_kit.source.value import Mark


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

    def place(self, index: int) -> tuple[int, int]:
        """Return line and column, from 1, of the character at `index` of the part."""
        above = lines_of(self.whole[: self.begin + index])
        return len(above), len(above[-1]) + 1


class Shift:
    """What libyaml's places in a part lack: the lines above it, and the columns before it in its first line."""

    def __init__(self, part: Part) -> None:
        """Count both."""
        self.path = part.path
        self.line, column = part.place(0)
        self.columns = column - 1

    def mark(self, start: Any, end: Any) -> Mark:
        """Return the mark between two places of libyaml's."""
        return (*self._place(start), *self._place(end), self.path)

    def _place(self, at: Any) -> tuple[int, int]:
        return at.line + self.line, at.column + 1 + (0 if at.line else self.columns)
