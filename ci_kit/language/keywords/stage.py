"""stage."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault


def stage(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with the form of `stage:`; whether there is such a stage is another question."""
    if value is None or isinstance(value, str):
        return iter(())
    return iter((Fault(":stage config should be a string", ("stage",)),))
