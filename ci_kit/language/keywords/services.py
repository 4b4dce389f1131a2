"""services."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, Path, composed, is_blank, of_keys, of_presence, of_string, of_strings
from ci_kit.language.items import located
from ci_kit.language.keywords.image import IMAGE_KEYS, imageable, pull_policy
from ci_kit.language.keywords.script import lines
from ci_kit.language.keywords.variables import plain_variables

_WHERE = ":services:service"
_KEYS = IMAGE_KEYS | {"command", "alias", "variables"}


def services(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `services:`; lists in the list are one list."""
    if value is None:
        return
    if not isinstance(value, list):
        yield Fault(":services config should be an array", ("services",))
        return
    for one, path in located(value, ("services",)):
        if one is not None:
            yield from composed(_own(one, path), pull_policy(_WHERE, one, path), _inside(one, path))


def _own(value: Any, path: Path) -> Iterator[Fault]:
    yield from imageable(_WHERE, value, path)
    yield from of_keys(_WHERE, value, _KEYS, path)
    if isinstance(value, dict):
        yield from of_strings(_WHERE, value, ("alias",), path)
        if not is_blank(value.get("ports")):
            yield from of_string(_WHERE, value, "alias", path)
            yield from of_presence(_WHERE, value, "alias", path)


def _inside(value: Any, path: Path) -> Iterator[Fault]:
    if isinstance(value, dict):
        yield from plain_variables(f"{_WHERE}:variables", value.get("variables"), (*path, "variables"))
        for fault in lines("command", value.get("command")):
            yield fault._replace(text=_WHERE + fault.text, path=(*path, *fault.path))
