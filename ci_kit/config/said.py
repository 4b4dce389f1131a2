"""A value together with where it was said, and the complaints about such values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ci_kit.errors import UsageError


@dataclass(frozen=True, slots=True)
class Said:
    """One value; `place` is a flag, a variable, or `file:line:column`; `parts` the places of its entries, if known."""

    value: object
    place: str
    parts: Mapping[object, str] = field(default_factory=dict)

    def place_of(self, part: object) -> str:
        """Return where one entry of a list or map stands, at least where the whole does."""
        return self.parts.get(part, self.place)


@dataclass(frozen=True, slots=True)
class Complaint:
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
