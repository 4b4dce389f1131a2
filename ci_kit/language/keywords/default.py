"""default: what it may hold; the keywords in it have checks of their own."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, of_hash, of_keys
from ci_kit.language.keywords import DEFAULT_KEYWORDS


def default(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `default:` itself."""
    if value is not None:
        yield from of_hash(":default", value, ("default",))
        yield from of_keys(":default", value, tuple(DEFAULT_KEYWORDS), ("default",))
