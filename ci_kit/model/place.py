"""Where a piece of text stands."""

from typing import NamedTuple, Self


class Place(NamedTuple):
    """A range in a file; lines and columns count from 1, the end is exclusive in its column."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def of(cls, mark: tuple[int, int, int, int, str]) -> Self:
        """Return the place of a value that was read (`source.value.Mark`)."""
        return cls(mark[4], *mark[:4])

    def __str__(self) -> str:
        """`path:line:column`, as compilers print it and editors open it."""
        return f"{self.path}:{self.line}:{self.column}"
