"""script, before_script, after_script."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from ci_kit.language.fault import Fault, is_text

_LEVELS = 10
_RULE = "config should be a string or a nested array of strings up to 10 levels deep"


def lines(keyword: str, value: Any) -> Iterator[Fault]:
    """Yield what is wrong with a value that is shell lines."""
    if value is not None and not is_text(value) and not is_nested(value):
        yield Fault(f":{keyword} {_RULE}", (keyword, *misplaced(value)))


script = partial(lines, "script")
before_script = partial(lines, "before_script")
after_script = partial(lines, "after_script")


def is_nested(value: Any, level: int = 1) -> bool:
    """Tell whether the value is a list of strings, or of such lists, at most 10 levels deep."""
    if not isinstance(value, list) or level > _LEVELS:
        return False
    return all(isinstance(item, str) or is_text(item) or is_nested(item, level + 1) for item in value)


def misplaced(value: Any, level: int = 1) -> tuple[int, ...]:
    """Return where the first item is that is no string, or a list too deep."""
    for number, item in enumerate(value) if isinstance(value, list) and level <= _LEVELS else ():
        if not is_text(item) and not is_nested(item, level + 1):
            return (number, *misplaced(item, level + 1))
    return ()
