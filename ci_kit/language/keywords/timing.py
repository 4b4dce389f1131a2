"""timeout, start_in."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.duration import MONTH, WEEK, seconds
from ci_kit.language.fault import Fault, Path


def timeout(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `timeout:`."""
    if value is not None:
        yield from limited(":timeout config", value, MONTH, ("timeout",))


def start_in(where: str, about: dict[Any, Any], path: Path) -> Iterator[Fault]:
    """Yield what is wrong with `start_in:` of a job: it belongs to `when: delayed`, and only there."""
    value = about.get("start_in")
    if about.get("when") == "delayed":
        yield from limited(f"{where} start in", value, WEEK, (*path, "start_in"))
    elif value is not None:
        yield Fault(f"{where} start in must be blank", (*path, "start_in"))


def limited(what: str, value: Any, most: float, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with a duration of at most `most` seconds."""
    length = seconds(value)
    if length is None:
        yield Fault(f"{what} should be a duration", path)
    if length is None or length > most:
        yield Fault(f"{what} should not exceed the limit", path)
