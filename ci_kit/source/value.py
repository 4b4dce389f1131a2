"""The values of a YAML document: plain Python ones, and containers that remember positions."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple

# line, column, end line, end column (all from 1, the end exclusive in its column), and the file
Mark = tuple[int, int, int, int, str]
NOWHERE: Mark = (1, 1, 1, 1, "")


class Map(dict[Hashable, Any]):
    """A mapping; `keys_at` and `values_at` have the mark of each key and value.

    `duplicates` are the repeated keys, each with the mark of its repetition; `replaced` the values that these took
    the place of, in the same order, each with the mark of its key.
    """

    __slots__ = ("at", "duplicates", "keys_at", "replaced", "values_at")

    def __init__(self, at: Mark) -> None:
        """Begin empty at `at`."""
        self.at = at
        self.keys_at: dict[Hashable, Mark] = {}
        self.values_at: dict[Hashable, Mark] = {}
        self.duplicates: Sequence[tuple[Hashable, Mark]] = ()
        self.replaced: Sequence[tuple[Any, Mark]] = ()


class Seq(list[Any]):
    """A sequence; `items_at` has the mark of each item."""

    __slots__ = ("at", "items_at")

    def __init__(self, at: Mark) -> None:
        """Begin empty at `at`."""
        self.at = at
        self.items_at: list[Mark] = []


def mark_at(value: Any, path: Iterable[Hashable], *, key: bool = False) -> Mark:
    """Return where the value at `path` stands, or with `key` its key, or the nearest thing above it."""
    found: Mark = value.at
    for part in path:
        if isinstance(value, Map) and part in value:
            found = value.keys_at[part] if key else value.values_at[part]
        elif isinstance(value, Seq) and isinstance(part, int) and part < len(value):
            found = value.items_at[part]
        else:
            break
        value = value[part]
    return found


class Reference(Seq):
    """What `!reference [job, keyword, …]` names; GitLab puts the value there in its place."""

    __slots__ = ()


class BadReference(str):
    """What stands behind `!reference` without being a list; GitLab refuses it."""

    __slots__ = ()


class Symbol(NamedTuple):
    """A Ruby symbol, which Psych makes of `:word`."""

    name: str

    def __str__(self) -> str:
        """Return the symbol as GitLab prints it in a message."""
        return self.name


class ListKey(tuple[Any, ...]):
    """A list that is a key."""

    __slots__ = ()


class MapKey(tuple[tuple[Any, Any], ...]):
    """A mapping that is a key: its pairs."""

    __slots__ = ()


class WholeKey(int):
    """0 or 1 as a key: to Ruby another one than false or true, to Python the same."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Tell whether the other is the same number as a key."""
        return isinstance(other, WholeKey) and int(self) == int(other)

    def __ne__(self, other: object) -> bool:
        """Tell whether the other is another key."""
        return not self == other

    def __hash__(self) -> int:
        """Return a number that false and true do not have."""
        return hash(("whole", int(self)))


class FloatKey(float):
    """A float as a key: to Ruby another one than the integer of its value, to Python the same.

    Psych makes one object of every `.nan`, and Ruby's hashes find an object that is the same: it is one key.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Tell whether the other is the same number as a key."""
        return isinstance(other, FloatKey) and (float(self) == float(other) or (self.is_nan and other.is_nan))

    def __ne__(self, other: object) -> bool:
        """Tell whether the other is another key."""
        return not self == other

    def __hash__(self) -> int:
        """Return a number that integers do not have, for what is no number always the same."""
        return hash(("float", None if self.is_nan else float(self)))

    @property
    def is_nan(self) -> bool:
        """Whether it is `.nan`."""
        return float(self) != float(self)


def scalar_key(value: Any) -> Hashable:
    """Return a scalar as a key: `1`, `1.0` and `true` are three, as in Ruby."""
    if isinstance(value, float):
        return FloatKey(value)
    key: Hashable = WholeKey(value) if type(value) is int and value in (0, 1) else value
    return key


class Disallowed(NamedTuple):
    """What Psych refuses to load, with the class it would have been: Date, Time, Object."""

    name: str
    text: str

    def __str__(self) -> str:
        """Return the text as it stands in the file."""
        return self.text

    @property
    def said(self) -> str:
        """What GitLab says of it."""
        return f"Tried to load unspecified class: {self.name}"


class Unreadable(Disallowed):
    """A scalar on which Psych fails: its tag or its first characters promise a number that it is not."""

    __slots__ = ()

    @property
    def said(self) -> str:
        """What GitLab says of it."""
        return "Invalid YAML syntax"
