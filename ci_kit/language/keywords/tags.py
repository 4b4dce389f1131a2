"""tags."""

import re
from collections.abc import Iterator
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.fault import Fault, is_text, is_texts
from ci_kit.language.items import flattened

_LIMIT = 50
_QUOTED = [re.compile(rf"(?:\A|,)\s*{quote}(.*?){quote}\s*(?=,\s*|\Z)") for quote in ('"', "'")]


def tags(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `tags:`."""
    if value is None:
        return
    if not is_texts(value):
        listed = enumerate(value) if isinstance(value, list) else ()
        wrong = next(((number,) for number, one in listed if not is_text(one)), ())
        yield Fault(":tags config should be an array of strings", ("tags", *wrong))
    if isinstance(value, list) and _bound(value) >= _LIMIT and len(_split(value)) >= _LIMIT:
        yield Fault(f":tags config must be less than the limit of {_LIMIT} tags", ("tags",))


def _bound(value: list[Any]) -> int:
    """Return a number that there are not more tags than."""
    return sum(ruby.text(one).count(",") + 1 for one in flattened(value))


def _split(value: list[Any]) -> set[str]:
    """Return the different tags: one string may hold several between commas, and quotes keep a comma in a tag."""
    text = ruby.joined(value)
    found: list[str] = []
    for quoted in _QUOTED:
        found += quoted.findall(text)
        text = quoted.sub("", text)
    return {tag.strip() for tag in (*found, *text.split(","))} - {""}
