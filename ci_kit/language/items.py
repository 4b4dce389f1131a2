"""The items of a list and of the lists within it, as one row; depth costs no recursion."""

from collections.abc import Hashable, Iterator
from itertools import repeat
from typing import Any

from ci_kit.source.value import NOWHERE, Mark


def flattened(value: Any) -> Iterator[Any]:
    """Return the items of a list and of the lists in it."""
    return (item for item, _ in located(value, ()))


def located(value: Any, path: tuple[Hashable, ...]) -> Iterator[tuple[Any, tuple[Hashable, ...]]]:
    """Yield the items of a list that is at `path`, and of the lists in it, each with its path."""
    left = [(iter(enumerate(value)), path)]
    while left:
        number, item = next(left[-1][0], (-1, None))
        if number < 0:
            left.pop()
        elif isinstance(item, list):
            left.append((iter(enumerate(item)), (*left[-1][1], number)))
        else:
            yield item, (*left[-1][1], number)


def items_of(value: Any, at: Mark = NOWHERE) -> Iterator[tuple[Any, Mark]]:
    """Yield the items of a list, and of the lists in it, with their places; nothing of what is no list."""
    left = [_pairs(value, at)] if isinstance(value, list) else []
    while left:
        pair = next(left[-1], None)
        if pair is None:
            left.pop()
        elif isinstance(pair[0], list):
            left.append(_pairs(*pair))
        else:
            yield pair


def marked(value: Any, at: Mark) -> Iterator[tuple[Any, Mark]]:
    """Yield what `items_of` yields, without null; what is no list is one item."""
    pairs = items_of(value, at) if isinstance(value, list) else [(value, at)]
    return ((one, mark) for one, mark in pairs if one is not None)


def _pairs(value: list[Any], at: Mark) -> Iterator[tuple[Any, Mark]]:
    return iter(zip(value, getattr(value, "items_at", repeat(at)), strict=False))
