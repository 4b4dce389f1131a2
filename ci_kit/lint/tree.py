"""The files of a pipeline as they are written: their mappings, and their texts with their places."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.documents import Documents
from ci_kit.language.jobs import Text
from ci_kit.source.value import Map, Seq


def maps_in(*trees: Any) -> Iterator[Map]:
    """Yield each mapping once, however many aliases lead to it; depth costs no recursion."""
    yield from (one for one in _containers(trees) if isinstance(one, Map))


def texts_in(file: Documents) -> Iterator[Text]:
    """Yield every text that is a value or an item of the content."""
    for one in _containers((file.content,)):
        places = one.values_at.values() if isinstance(one, Map) else one.items_at
        for value, at in zip(one.values() if isinstance(one, Map) else one, places, strict=True):
            if isinstance(value, str):
                yield Text(value, at)


def _containers(trees: tuple[Any, ...]) -> Iterator[Map | Seq]:
    seen: set[int] = set()
    waiting = list(trees)
    while waiting:
        one = waiting.pop()
        if isinstance(one, Map | Seq) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += one.values() if isinstance(one, Map) else one
