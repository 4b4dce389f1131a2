"""What is wrong with the value of a keyword, and the small questions that most keywords ask."""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from typing import Any, NamedTuple

from ci_kit.source.value import Symbol

Path = tuple[Hashable, ...]


class Fault(NamedTuple):
    """A sentence of GitLab's, to be put behind the name of what it is about: `:image name can't be blank`.

    `path` leads from there to the value that is at fault. A few sentences GitLab prints without a name before them.
    """

    text: str
    path: Path = ()
    named: bool = True


Check = Callable[[Any], Iterable[Fault]]


def is_text(value: Any) -> bool:
    """Tell whether GitLab's string checks accept the value; a Symbol counts."""
    return isinstance(value, str | Symbol)


def is_blank(value: Any) -> bool:
    """Tell whether the value is blank as Rails means it."""
    return value is None or value is False or (isinstance(value, str) and not value.strip()) or value in ([], {}, ())


def is_texts(value: Any) -> bool:
    """Tell whether the value is a list of strings."""
    return isinstance(value, list) and all(map(is_text, value))


def is_whole(value: Any) -> bool:
    """Tell whether the value is an integer; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def flattened(value: Any) -> Iterator[Any]:
    """Return the items of a list and of the lists in it."""
    for item in value:
        if isinstance(item, list):
            yield from flattened(item)
        else:
            yield item


def unknown_keys(value: dict[Any, Any], known: Collection[Any]) -> list[str]:
    """Return the keys that are not known, as GitLab lists them."""
    return [str(key) for key in value if key not in known]


def of_keys(where: str, value: dict[Any, Any], known: Collection[Any], path: Path) -> Iterator[Fault]:
    """Yield the fault of a mapping with keys that are not `known`; GitLab says nothing more of it then."""
    unknown = unknown_keys(value, known)
    if unknown:
        first = next(key for key in value if str(key) == unknown[0])
        yield Fault(f"{where} config contains unknown keys: {', '.join(unknown)}", (*path, first))


def of_flags(where: str, value: dict[Any, Any], names: Iterable[str], path: Path) -> Iterator[Fault]:
    """Yield a fault for each of the `names` that is neither true nor false."""
    for name in names:
        if value.get(name) is not None and not isinstance(value[name], bool):
            yield Fault(f"{where} {spoken(name)} should be a boolean value", (*path, name))


def of_strings(where: str, value: dict[Any, Any], names: Iterable[str], path: Path) -> Iterator[Fault]:
    """Yield a fault for each of the `names` that is no string; a Symbol is none here."""
    for name in names:
        if value.get(name) is not None and not isinstance(value[name], str):
            yield Fault(f"{where} {spoken(name)} should be a string", (*path, name))


def of_lists(where: str, value: dict[Any, Any], names: Iterable[str], path: Path) -> Iterator[Fault]:
    """Yield a fault for each of the `names` that is no list of strings."""
    for name in names:
        if value.get(name) is not None and not is_texts(value[name]):
            yield Fault(f"{where} {spoken(name)} should be an array of strings", (*path, name))


def spoken(name: str) -> str:
    """Return the name of an attribute as GitLab writes it in a sentence."""
    return name.replace("_", " ")


def shown(value: Any) -> str:
    """Return a value as GitLab prints it in a sentence: a list as Ruby writes it."""
    if not isinstance(value, list):
        return str(value)
    items = (f'"{one}"' if isinstance(one, str) else shown(one) for one in value)
    return f"[{', '.join(items)}]"
