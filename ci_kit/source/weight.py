"""How deep and how big a document is for GitLab, which follows each alias to count it.

Sources: gitlab `lib/gitlab/utils/deep_size.rb` with the default settings; sizes as Ruby 3.1 allots them on 64 bits.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from ci_kit.source.composer import DEPTH, TOO_BIG, Document, YamlError
from ci_kit.source.value import BadReference, Map, Reference, Seq

_BYTES = 2 * 1024 * 1024  # the setting `max_yaml_size_bytes`
_GROWTH = 4  # times as big with its aliases followed
_SLOT = 40  # what any object takes
_SHORT_STRING = 23  # bytes of a string that find room in its slot
_SHORT_ARRAY = 3
_SHORT_HASH = 8


class Weight(NamedTuple):
    """Bytes in Ruby's memory with each alias followed, bytes without, and containers within each other."""

    size: int
    own: int
    depth: int


_ENDLESS = Weight(0, 0, 0)


def excess(document: Document) -> Iterator[YamlError]:
    """Yield the error of a document that its aliases make too big, too deep or endless.

    Without aliases a file is as big as its text, which has a limit of its own. GitLab's default setting refuses it all
    the same from some 4 000 small jobs on, but who has that many has raised it: so only what grows is refused here.
    """
    if not document.aliased or document.excess or not isinstance(document.value, Map | Seq):
        return
    weight = weigh(document.value)
    words = ""
    if weight is _ENDLESS:
        words = "has an alias inside its own anchor"
    elif weight.depth > DEPTH:
        words = f"is {weight.depth} levels deep when its aliases are followed"
    elif weight.size > max(_BYTES, _GROWTH * weight.own):
        words = f"grows to {weight.size} bytes when its aliases are followed"
    if words:
        yield YamlError(words, document.at, gitlab=TOO_BIG, hint="use fewer aliases")


def weigh(root: Any) -> Weight:
    """Return how big a tree is; each container is looked at once, however many aliases lead to it."""
    known: dict[int, Weight] = {}
    above: set[int] = set()
    stack = [root]
    while stack:
        value = stack[-1]
        parts = [] if id(value) in known else _containers(value)
        left = [part for part in parts if id(part) not in known]
        if left:
            above.add(id(value))
            if not above.isdisjoint(map(id, left)):
                return _ENDLESS
            stack += left
            continue
        stack.pop()
        above.discard(id(value))
        known.setdefault(id(value), _sum(value, [known[id(part)] for part in parts]))
    return known[id(root)]._replace(own=sum(one.own for one in known.values()))


def _containers(value: Any) -> list[Any]:
    return [part for part in _values(value) if isinstance(part, Map | Seq) and not isinstance(part, Reference)]


def _values(value: Any) -> Any:
    return value.values() if isinstance(value, Map) else value


def _sum(value: Any, below: list[Weight]) -> Weight:
    own = sum(map(_of_leaf, _values(value)))
    if isinstance(value, Map):
        own += _of_hash(len(value)) + sum(map(_of_leaf, value))
    else:
        own += _of_array(len(value))
    return Weight(own + sum(one.size for one in below), own, 1 + max((one.depth for one in below), default=0))


@lru_cache
def _of_hash(length: int) -> int:
    """Return the bytes of a hash: a small table, or entries and twice as many bins."""
    if length <= _SHORT_HASH:
        return _SLOT + 128 * bool(length)
    entries = 32
    while entries < length:
        entries *= 2
    bins = 2 * entries
    return _SLOT + 56 + 24 * entries + bins * (1 if bins <= 2**8 else 2 if bins <= 2**16 else 4)


@lru_cache
def _of_array(length: int) -> int:
    """Return the bytes of an array that has grown item by item."""
    capacity = _SHORT_ARRAY
    while capacity < length:
        capacity += 1 + max(capacity // 2, 16)
    return _SLOT if length <= _SHORT_ARRAY else _SLOT + 8 * capacity


def _of_leaf(value: Any) -> int:
    """Return the bytes of a value that holds no others; numbers and such are in the slot of what holds them."""
    if isinstance(value, str) and not isinstance(value, BadReference):
        length = len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
        return _SLOT if length <= _SHORT_STRING else _SLOT + length + 1
    return _SLOT if isinstance(value, BadReference | Reference | tuple) else 0
