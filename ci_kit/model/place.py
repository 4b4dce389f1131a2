"""Where a piece of text stands."""

from typing import NamedTuple


class Place(NamedTuple):
    """A range in a file; lines and columns count from 1, the end is exclusive in its column."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        """`path:line:column`, as compilers print it and editors open it."""
        return f"{self.path}:{self.line}:{self.column}"
