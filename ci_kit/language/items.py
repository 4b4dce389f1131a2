"""The items of a list with their places."""

from collections.abc import Iterator
from typing import Any

from ci_kit.source.value import Mark, Seq


def items_of(value: Any) -> Iterator[tuple[Any, Mark]]:
    """Yield the items of a list and where they stand, those of lists within it too; nothing of what is no list."""
    if isinstance(value, Seq):
        for one, at in zip(value, value.items_at, strict=True):
            yield from items_of(one) if isinstance(one, Seq) else [(one, at)]
