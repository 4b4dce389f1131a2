"""`!reference`: the value it names, in its place.

Source: GitLab docs "CI/CD YAML syntax reference: !reference tags"; gitlab `lib/gitlab/ci/config/yaml/tags`.
"""

from collections.abc import Collection, Hashable, Iterator
from typing import Any, NamedTuple

from ci_kit.language.problem import Problem, Told
from ci_kit.language.ruby import inspected
from ci_kit.language.unknown import Unknown
from ci_kit.model.nearest import Suggestions
from ci_kit.model.place import Place
from ci_kit.source.value import BadReference, Map, Mark, Reference, Seq

_TARGET = 1_000_000  # values in one target; lists that name each other twice double with each hop
_VALUES = 5_000_000  # put in place in all
_Path = tuple[Hashable, ...]
_Names = tuple[str, ...]
_CONTAINERS = (Map, Seq, BadReference)


def dereferenced(content: Map, told: Told) -> Map:
    """Return the content with each `!reference` replaced by what it names.

    What GitLab would not replace is told, and nobody judges what stands in for it.
    """
    return _Walk(content, told).dereferenced()


class _Place(NamedTuple):
    """A `!reference` and where it stands: the keys and numbers from the root, and its mark."""

    reference: Any
    path: _Path
    at: Mark

    def __str__(self) -> str:
        """Return the reference as GitLab writes it: without the tag when nothing is behind it."""
        said = self.reference
        if isinstance(said, BadReference):
            return f"!reference {inspected(str(said)) if said.strip() else '[]'}"
        if _is_mapping(said):
            return f"!reference {inspected(said[0], symbols=False) if said[0] else '[]'}"
        return f"!reference [{', '.join(inspected(one, symbols=False) for one in said)}]"


class _Made(NamedTuple):
    """A value without references, of how many values it consists, and whether all of it could be found."""

    value: Any
    size: int = 1
    whole: bool = True


class _Open:
    """A target that is being looked through: who asked for it, and the references within it that are left."""

    __slots__ = ("asked", "left", "names", "value")

    def __init__(self, asked: _Place, names: _Names, value: Any, at: Mark) -> None:
        """Begin with all references of the target left."""
        self.asked = asked
        self.names = names
        self.value = value
        self.left = _references(value, names, at)


_NOTHING = _Made(Unknown("$REFERENCE"), whole=False)


class _Walk:
    """One pass over a root, in GitLab's order; each target is made once and then shared."""

    def __init__(self, root: Map, told: Told) -> None:
        self.root = root
        self.told = told
        self.made: dict[_Names, _Made] = {}
        self.missing: set[_Names] = set()
        self.judged: set[_Path] = set()  # the places that were told
        self.suggestions = Suggestions()
        self.values = _VALUES
        self.is_full = False

    def dereferenced(self) -> Map:
        made = Map(self.root.at)
        made.update(self.root)
        made.keys_at, made.values_at = self.root.keys_at, self.root.values_at
        for key, value in self.root.items():
            places = list(_references(value, (key,), self.root.values_at[key]))
            for place in places:
                self._make(place)
            if places:
                made[key] = self._placed(key, self._copied(value))
        return made

    def _placed(self, key: Hashable, found: _Made) -> Any:
        self.values -= found.size
        if self.values < 0 and found.whole:
            found = self._too_big(key, self.root.values_at[key])
        if not found.whole:
            self.told.damaged.add(key)
        return found.value

    def _make(self, first: _Place) -> None:
        """Make what a reference names, after all that it names in turn: a chain of any length costs no recursion."""
        stack: dict[_Path, _Open] = {}
        self._enter(first, stack)
        while stack:
            last = next(reversed(stack.values()))
            inner = next(last.left, None)
            if inner is not None:
                self._enter(inner, stack)
                continue
            del stack[last.asked.path]
            found = self._copied(last.value)
            if found.size > _TARGET:
                found = self._too_big(last.asked.path[0], last.asked.at)
            self.made[last.names] = found

    def _enter(self, place: _Place, stack: dict[_Path, _Open]) -> None:
        """Open the target of a reference, unless it is made already or cannot be."""
        names = _names(place.reference)
        if not names:
            self._tell(place, f"{place} is not valid")
        elif names in self.missing:
            self._tell_missing(place, names)
        elif place.path in stack:
            self._tell_circle(place, [one.asked for one in stack.values()])
        elif names not in self.made:
            self._open(place, names, stack)

    def _open(self, place: _Place, names: _Names, stack: dict[_Path, _Open]) -> None:
        above, depth = self._dug(names)
        name = names[depth]
        if depth < len(names) - 1 or not isinstance(above, Map) or _is_missing(above.get(name)):
            self.missing.add(names)
            self._tell_missing(place, names)
        else:
            stack[place.path] = _Open(place, names, above[name], above.values_at[name])

    def _dug(self, names: _Names) -> tuple[Any, int]:
        """Return the last value on the way to the one that is named, and how many names lead to it."""
        value: Any = self.root
        for depth, name in enumerate(names[:-1]):
            if not isinstance(value, Map) or not isinstance(value.get(name), Map):
                return value, depth
            value = value[name]
        return value, len(names) - 1

    def _copied(self, value: Any) -> _Made:
        if isinstance(value, Map):
            return self._map(value)
        if isinstance(value, Reference | BadReference):
            return self.made.get(_names(value), _NOTHING)
        return self._seq(value) if isinstance(value, Seq) else _Made(value)

    def _map(self, value: Map) -> _Made:
        """Return the mapping itself when nothing in it was replaced."""
        parts = {key: self._copied(part) for key, part in value.items() if isinstance(part, _CONTAINERS)}
        new = {key: part.value for key, part in parts.items() if part.value is not value[key]}
        made = value
        if new:
            made = Map(value.at)
            made.update(value)
            made.update(new)
            made.keys_at, made.values_at = value.keys_at, value.values_at
        return _sum(made, parts.values())

    def _seq(self, value: Seq) -> _Made:
        """Return the sequence itself when nothing in it was replaced."""
        parts = [self._copied(item) for item in value]
        made = value
        if any(part.value is not item for part, item in zip(parts, value, strict=True)):
            made = Seq(value.at)
            made.extend(part.value for part in parts)
            made.items_at = value.items_at
        return _sum(made, parts)

    def _tell(
        self, place: _Place, message: str, suggestion: str = "", *, curable: bool = False, ours: str = ""
    ) -> None:
        if place.path not in self.judged:
            self.judged.add(place.path)
            self.told.damaged.add(place.path[0])
            self.told.tell(Problem(message, place.at, suggestion, curable, ours, place.path[0]))

    def _tell_missing(self, place: _Place, names: _Names) -> None:
        if place.path not in self.judged:
            self._tell(place, f"{place} could not be found", self._nearest(names), curable=True)

    def _tell_circle(self, place: _Place, way: list[_Place]) -> None:
        way = way[[one.path for one in way].index(place.path) :]
        steps = " -> ".join(f"{_written(one.path)} ({Place.of(one.at)})" for one in way)
        ours = f"these references go in a circle: {steps} -> {_written(place.path)}"
        self._tell(place, f"{place} is part of a circular chain", ours=ours)

    def _too_big(self, key: Hashable, at: Mark) -> _Made:
        if not self.is_full:
            self.is_full = True
            self.told.tell(Problem("The parsed YAML is too big", at, job=key))
        return _NOTHING

    def _nearest(self, names: _Names) -> str:
        above, depth = self._dug(names)
        if not isinstance(above, Map) or names[depth] in above:
            return ""
        return self.suggestions.nearest(names[depth], above)


def _names(reference: Any) -> _Names:
    """Return what a reference names, nothing when it is not valid."""
    good = isinstance(reference, Reference) and all(isinstance(name, str) for name in reference)
    return tuple(reference) if good else ()


def _is_mapping(reference: Reference) -> bool:
    """Tell whether a mapping stands behind the tag: the reader makes a list of it that begins where it begins."""
    return len(reference) == 1 and isinstance(reference[0], Map) and reference.at == reference.items_at[0]


def _references(value: Any, path: _Path, at: Mark) -> Iterator[_Place]:
    """Yield the references in a value, in the order of the file; what stands inside a reference is not looked at."""
    if isinstance(value, Reference | BadReference):
        yield _Place(value, path, at)
    elif isinstance(value, Map):
        for key, part in value.items():
            if isinstance(part, _CONTAINERS):
                yield from _references(part, (*path, key), value.values_at[key])
    elif isinstance(value, Seq):
        for number, item in enumerate(value):
            if isinstance(item, _CONTAINERS):
                yield from _references(item, (*path, number), value.items_at[number])


def _sum(value: Any, parts: Collection[_Made]) -> _Made:
    size = 1 + len(value) - len(parts) + sum(part.size for part in parts)
    return _Made(value, size, all(part.whole for part in parts))


def _is_missing(value: Any) -> bool:
    return value is None or value is False


def _written(path: _Path) -> str:
    return ":".join(str(part) for part in path)
