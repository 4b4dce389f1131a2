"""coverage."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault
from ci_kit.language.pattern import is_pattern


def coverage(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `coverage:`."""
    if value is not None and not is_pattern(value):
        yield Fault(":coverage config must be a regular expression with re2 syntax", ("coverage",))
