"""inputs: of a job."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault
from ci_kit.language.header import input_faults
from ci_kit.language.inputs import taken

_KEYS = frozenset(("default", "description", "options", "regex", "type"))
_MOST = 50


def inputs(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `inputs:` of a job; each needs a default."""
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(":inputs config should be a hash", ("inputs",))
        return
    if len(value) > _MOST:
        yield Fault(f" inputs has too many entries (maximum {_MOST})", ("inputs",))
    for name, about in value.items():
        for words in input_faults(about, _KEYS):
            yield Fault(f":inputs:{name} {words}", ("inputs", name))
        if not isinstance(about, dict) or "default" not in about:
            yield Fault(f":inputs:{name} must have a default value", ("inputs", name))
        elif problem := taken(about["default"], about, "default")[1]:
            yield Fault(f" inputs `{name}`: {problem}", ("inputs", name, "default"))
