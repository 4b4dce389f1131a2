"""timeout, and what other durations share with it."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ci_kit.language.duration import MONTH, seconds
from ci_kit.language.fault import Fault, Path

seconds_of = lru_cache(maxsize=1024)(seconds)  # one duration stands in many jobs


def timeout(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `timeout:`."""
    if value is not None:
        yield from limited(":timeout config", value, MONTH, ("timeout",))


def limited(what: str, value: Any, most: float, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with a duration of at most `most` seconds."""
    length = seconds_of(value) if isinstance(value, str) else None
    if length is None:
        yield Fault(f"{what} should be a duration", path)
    if length is None or length > most:
        yield Fault(f"{what} should not exceed the limit", path)
