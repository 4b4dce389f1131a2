"""publish."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault


def publish(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with the form of `publish:`; only a pages job may have it."""
    if value is not None and not isinstance(value, str):
        yield Fault(":publish config should be a string", ("publish",))
