"""stages."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault
from ci_kit.language.keywords.script import is_nested, misplaced

_RULE = "config should be an array of strings or a nested array of strings up to 10 levels deep"


def stages(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `stages:`."""
    if value is not None and not is_nested(value):
        yield Fault(f":stages {_RULE}", ("stages", *misplaced(value)))
