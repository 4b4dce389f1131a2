"""pages."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.duration import seconds
from ci_kit.language.fault import Fault, of_keys, of_strings

_KEYS = frozenset(("path_prefix", "expire_in", "publish"))


def pages(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `pages:`."""
    if value is None or isinstance(value, bool):
        return
    if not isinstance(value, dict):
        yield Fault(":pages config should be a hash or a boolean value", ("pages",))
        return
    unknown = list(of_keys(":pages", value, _KEYS, ("pages",)))
    if unknown:
        yield from unknown
        return
    yield from of_strings(":pages", value, ("path_prefix", "publish"), ("pages",))
    length = value.get("expire_in")
    if length is not None and length != "never" and "$" not in str(length) and seconds(length) is None:
        yield Fault(":pages expire in should be a duration", ("pages", "expire_in"))
