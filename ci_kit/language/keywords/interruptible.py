"""interruptible."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault


def interruptible(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `interruptible:`."""
    if value is not None and not isinstance(value, bool):
        yield Fault(":interruptible config should be a boolean value", ("interruptible",))
