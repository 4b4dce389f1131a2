"""hooks."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, composed, of_hash, of_keys
from ci_kit.language.keywords.script import lines

_HOOKS = ("pre_get_sources_script",)


def hooks(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `hooks:`."""
    if value is not None:
        yield from composed(_own(value), _scripts(value))


def _own(value: Any) -> Iterator[Fault]:
    where, path = ":hooks", ("hooks",)
    yield from of_hash(where, value, path)
    yield from of_hash(where, value, path)  # GitLab asks twice
    yield from of_keys(where, value, _HOOKS, path)


def _scripts(value: dict[Any, Any]) -> Iterator[Fault]:
    for name in _HOOKS:
        for fault in lines(name, value.get(name)):
            yield fault._replace(text=f":hooks{fault.text}", path=("hooks", *fault.path))
