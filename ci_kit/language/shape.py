"""The few JSON schemas that GitLab's checks ask, with the sentences of the library that GitLab asks them with.

Source: the gem json_schemer, output "classic": of a choice in which nothing fits, the faults of all branches.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ci_kit.language.fault import Fault, Path, is_whole
from ci_kit.source.value import Symbol


class Shape(NamedTuple):
    """What a value has to be. `kinds`: string, integer, boolean, array or object; `parts` are those of an object.

    With `names`, parts whose names fit have the shape `each`, as the items of an array have; an object that is `closed`
    has no other parts. `without` is a part that must not be there.
    """

    kinds: tuple[str, ...] = ()
    choices: tuple["Shape", ...] = ()
    without: str = ""
    each: "Shape | None" = None
    parts: Mapping[str, "Shape"] = {}
    names: str = ""
    closed: bool = False
    least: int = 0
    most: int = 0
    pattern: str = ""
    required: tuple[str, ...] = ()


ANYTHING = Shape()
TEXT = Shape(("string",))


def closed(parts: Mapping[str, Shape], required: tuple[str, ...] = ()) -> Shape:
    """Return the shape of an object that has no parts but these."""
    return Shape(("object",), parts=parts, closed=True, required=required)


def faults(where: str, value: Any, shape: Shape, path: Path) -> Iterator[Fault]:
    """Yield the faults of a value that has to have the shape; `where` ends in the attribute's name."""
    for text, inside in _breaches(value, shape, ()):
        yield Fault(f"{where} {text}", (*path, *inside))


def _breaches(value: Any, shape: Shape, at: Path) -> Iterator[tuple[str, Path]]:
    branches = [list(_breaches(value, choice, at)) for choice in shape.choices]
    if branches and all(branches):
        yield from (breach for branch in branches for breach in branch)
    if shape.without and (not isinstance(value, dict) or shape.without in value):
        yield f"value at {_pointer(at)} matches `not` schema", at
    if isinstance(value, list) and shape.each:
        for number, item in enumerate(value):
            yield from _breaches(item, shape.each, (*at, number))
    if isinstance(value, dict):
        yield from _of_parts(value, shape, at)
    yield from _of_itself(value, shape, at)


def _of_parts(value: dict[Any, Any], shape: Shape, at: Path) -> Iterator[tuple[str, Path]]:
    named = {str(key): key for key in value}
    for name, part in shape.parts.items():
        if name in named:
            yield from _breaches(value[named[name]], part, (*at, named[name]))
    fitting = {name for name in named if shape.names and re.search(shape.names, name)}
    for name in named if shape.each and fitting else ():
        if name in fitting:
            yield from _breaches(value[named[name]], shape.each or ANYTHING, (*at, named[name]))
    for name in named if shape.closed else ():
        if name not in shape.parts and name not in fitting:
            inside = (*at, named[name])
            yield f"object property at {_pointer(inside)} is a disallowed additional property", inside


def _of_itself(value: Any, shape: Shape, at: Path) -> Iterator[tuple[str, Path]]:
    if shape.kinds and not any(_IS[kind](value) for kind in shape.kinds):
        wrong = f"is not {_ARTICLES[shape.kinds[0]]}" if len(shape.kinds) == 1 else "type"
        yield f"value at {_pointer(at)} {wrong}", at
    elif isinstance(value, str | Symbol):
        yield from _of_text(str(value), shape, at)
    missing = [name for name in shape.required if name not in value] if isinstance(value, dict) else []
    if missing:
        yield f"object at {_pointer(at)} is missing required properties: {', '.join(missing)}", at


def _of_text(value: str, shape: Shape, at: Path) -> Iterator[tuple[str, Path]]:
    if shape.most and len(value) > shape.most:
        yield f"string length at {_pointer(at)} is greater than: {shape.most}", at
    if len(value) < shape.least:
        yield f"string length at {_pointer(at)} is less than: {shape.least}", at
    if shape.pattern and not re.search(shape.pattern, value, re.M):
        yield f"string at {_pointer(at)} does not match pattern: {shape.pattern}", at


def _pointer(at: Path) -> str:
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in at)
    return f"`/{'/'.join(escaped)}`" if at else "root"


_ARTICLES = {
    **{"string": "a string", "integer": "an integer", "boolean": "a boolean"},
    **{"array": "an array", "object": "an object"},
}
_IS = {
    "string": lambda value: isinstance(value, str | Symbol),
    "integer": lambda value: is_whole(value) or (isinstance(value, float) and value.is_integer()),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
