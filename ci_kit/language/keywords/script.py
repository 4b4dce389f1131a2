"""script, before_script, after_script, hooks."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from ci_kit.language.fault import Fault, is_blank, is_text, of_keys

_LEVELS = 10
_RULE = "config should be a string or a nested array of strings up to 10 levels deep"
_HOOKS = frozenset({"pre_get_sources_script"})


def lines(keyword: str, value: Any) -> Iterator[Fault]:
    """Yield what is wrong with a value that is shell lines."""
    if value is not None and not _is_script(value, 0):
        yield Fault(f":{keyword} {_RULE}", (keyword, *_path(value)))


def script(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `script:`."""
    if is_blank(value):
        yield Fault(" script can't be blank", ("script",))
    else:
        yield from lines("script", value)


before_script = partial(lines, "before_script")
after_script = partial(lines, "after_script")


def hooks(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `hooks:`."""
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(":hooks config should be a hash", ("hooks",))
        return
    yield from of_keys(":hooks", value, _HOOKS, ("hooks",))
    for name in _HOOKS:
        for fault in lines(name, value.get(name)):
            yield Fault(f":hooks{fault.text}", ("hooks", *fault.path))


def _is_script(value: Any, level: int) -> bool:
    if isinstance(value, list):
        return level < _LEVELS and all(_is_script(item, level + 1) for item in value)
    return is_text(value)


def _path(value: Any) -> tuple[int, ...]:
    """Return where the first item is that is no string."""
    if not isinstance(value, list):
        return ()
    for number, item in enumerate(value):
        if not _is_script(item, 1):
            return (number, *_path(item))
    return ()
