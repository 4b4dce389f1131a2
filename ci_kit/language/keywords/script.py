"""script, before_script, after_script."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, is_text

_LEVELS = 10
_RULE = "config should be a string or a nested array of strings up to 10 levels deep"


def lines(keyword: str, value: Any) -> Iterator[Fault]:
    """Yield what is wrong with a value that is shell lines."""
    if value is None or is_text(value) or is_nested(value):
        return iter(())
    return iter((Fault(f":{keyword} {_RULE}", (keyword, *misplaced(value))),))


def script(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `script:`; the job itself asks for one that is not blank."""
    return lines("script", value)


def before_script(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `before_script:`."""
    return lines("before_script", value)


def after_script(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `after_script:`."""
    return lines("after_script", value)


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
