"""A value together with where it was said, and the complaints about such values."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from ci_kit.errors import UsageError
from ci_kit.source.value import Map, Seq


class Said(NamedTuple):
    """One value; `place` is a flag, a variable, or `file:line:column` in the file `path`."""

    value: object
    place: str
    path: str = ""

    def place_of(self, entry: Hashable) -> str:
        """Return where one entry of a list or map stands, at least where the whole does."""
        if isinstance(self.value, Map) and entry in self.value.values_at:
            line, column, *_ = self.value.values_at[entry]
        elif isinstance(self.value, Seq) and isinstance(entry, int):
            line, column, *_ = self.value.items_at[entry]
        else:
            return self.place
        return f"{self.path}:{line}:{column}"


class Complaint(NamedTuple):
    """One thing that is wrong: where, what and rule in one sentence, and the next step."""

    place: str
    message: str
    hint: str = ""


def raise_first(complaints: Sequence[Complaint], error: type[UsageError]) -> None:
    """Raise `error` for the first complaint with the number of the others; return when there is none."""
    if complaints:
        first, more = complaints[0], len(complaints) - 1
        also = f" (and {more} more)" if more else ""
        raise error(first.message + also, hint=first.hint, place=first.place)
