"""The files of a pipeline as they are written: their mappings, and their texts with their places."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.documents import Documents
from ci_kit.language.jobs import Text
from ci_kit.source.value import Map, Mark, Seq

_KINDS = (Map, Seq)


def maps_in(*trees: Any) -> Iterator[Map]:
    """Yield each mapping once, however many aliases lead to it; depth costs no recursion."""
    yield from (one for one in _containers(trees) if isinstance(one, Map))


def texts_in(file: Documents) -> Iterator[Text]:
    """Yield every text that is a value or an item of the content."""
    for one in _containers((file.content,)):
        for value, at in _parts(one):
            if isinstance(value, str):
                yield Text(value, at)


def _parts(one: Map | Seq) -> Iterator[tuple[Any, Mark]]:
    if isinstance(one, Map):
        return ((value, one.values_at[key]) for key, value in one.items())
    return zip(one, one.items_at, strict=True)


def jobs_with(keyword: str, content: Map) -> Iterator[Map]:
    """Yield what may be a job and has the keyword; hidden ones may be only a part of one, and are left out."""
    for name, one in content.items():
        if isinstance(one, Map) and keyword in one and not (isinstance(name, str) and name.startswith(".")):
            yield one


def _containers(trees: tuple[Any, ...]) -> Iterator[Map | Seq]:
    seen: set[int] = set()
    waiting = [one for one in trees if isinstance(one, _KINDS)]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [part for part in (one.values() if isinstance(one, Map) else one) if isinstance(part, _KINDS)]
