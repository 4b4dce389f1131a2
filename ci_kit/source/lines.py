"""The lines of a text as libyaml counts them.

Source: YAML 1.1, "Line Break Characters".
"""

import re
from functools import lru_cache

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


@lru_cache(maxsize=256)
def lines_of(text: str) -> tuple[str, ...]:
    """Return the lines without their breaks; the same text is split once."""
    return tuple(_BREAK.split(text))
