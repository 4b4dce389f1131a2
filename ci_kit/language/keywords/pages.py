"""pages."""

import re
from collections.abc import Iterator
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.fault import Fault, of_keys, of_strings
from ci_kit.language.keywords.timeout import seconds_of

_KEYS = ("path_prefix", "expire_in", "publish")
_VARIABLE = re.compile(r"\$\$|%%|\$[a-zA-Z_]\w*|\$\{[a-zA-Z_]\w*\}?|%[a-zA-Z_]\w*%", re.A)


def pages(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `pages:`."""
    if value is None or isinstance(value, bool):
        return
    if not isinstance(value, dict):
        yield Fault(":pages config should be a hash or a boolean value", ("pages",))
        return
    where, path = ":pages", ("pages",)
    yield from of_keys(where, value, _KEYS, path)
    yield from of_strings(where, value, ("path_prefix",), path)
    if not is_period(value.get("expire_in")) and not _VARIABLE.search(ruby.text(value["expire_in"])):
        yield Fault(":pages expire in should be a duration", ("pages", "expire_in"))
    yield from of_strings(where, value, ("publish",), path)


def is_period(value: Any) -> bool:
    """Tell whether the value is no period, a duration or the word never."""
    return value is None or (isinstance(value, str) and (value.lower() == "never" or seconds_of(value) is not None))
