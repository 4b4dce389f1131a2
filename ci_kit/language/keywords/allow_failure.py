"""allow_failure."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, of_keys, of_whole_numbers

_KEYS = ("exit_codes",)


def allow_failure(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with the mapping of `allow_failure:`; the job itself asks for a mapping or a flag."""
    if isinstance(value, dict):
        where, path = ":allow_failure", ("allow_failure",)
        yield from of_keys(where, value, _KEYS, path)
        yield from of_whole_numbers(where, value, "exit_codes", path)
