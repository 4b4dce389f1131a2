"""What becomes of mappings and sequences: merge keys, repeated keys, containers as keys, tags.

Source: ruby/psych `to_ruby.rb`.
"""

import re
from collections.abc import Hashable, Iterator
from typing import Any

from ci_kit.source.value import ListKey, Map, MapKey, Mark, Reference, Seq, scalar_key

REFERENCE = "!reference"
_STANDARD = "tag:yaml.org,2002:"
_KEY_DEPTH = 100
# Compiled when they are needed, which is hardly ever.
_SEQ_CLASS = r"!(?:seq|ruby/array):(.+)"
_MAP_CLASS = r"!(?:str|map|ruby/(?:string|array|hash|hash-with-ivars|marshalable)):(.+)"
_RUBY_CLASS = r"!ruby/(struct|object|exception):?(.*)"
_FIXED = {
    "!ruby/range": "Range",
    "!set": "Psych::Set",
    _STANDARD + "set": "Psych::Set",
    "!omap": "Psych::Omap",
    _STANDARD + "omap": "Psych::Omap",
}


def refused_class(tag: str, is_map: bool) -> str:
    """Return the class that Psych would have to load for a tagged container; empty when there is none."""
    if not is_map:
        found = re.match(_SEQ_CLASS, tag)
        return found[1] if found else ""
    found = re.match(_RUBY_CLASS, tag)
    if found:
        name = found[2] or found[1].capitalize()
        return "" if tag == "!ruby/object:Hash" else name
    found = re.match(_MAP_CLASS, tag)
    return found[1] if found else _FIXED.get(tag, "")


def retagged(value: Any, tag: str, left: Iterator[int]) -> Any:
    """Return what a closed container with a tag stands for; `left` and OverflowError as in `hashable`."""
    if tag in ("!omap", _STANDARD + "omap") and isinstance(value, Seq):
        return _ordered(value, left)
    if isinstance(value, Map) and tag == REFERENCE:
        wrong = Reference(value.at)
        wrong.append(value)
        wrong.items_at.append(value.at)
        return wrong
    if isinstance(value, Map) and tag in ("!str", "!ruby/string", _STANDARD + "str"):
        return value.get("str")
    return value


def merge(into: Map, value: Any, is_sequence: bool) -> bool:
    """Merge at this position, as Psych does: what stands before is overridden. False: `<<` is an ordinary key."""
    if isinstance(value, Map) and not is_sequence:
        take(into, value)
        return True
    if is_sequence and isinstance(value, Seq) and all(isinstance(one, Map) for one in value):
        for one in reversed(value):
            take(into, one)
        return True
    return False


def take(into: Map, other: Map) -> None:
    """Put the pairs of `other` into `into`, where they keep their places."""
    into.update(other)
    into.keys_at.update(other.keys_at)
    into.values_at.update(other.values_at)


def repeat(into: Map, key: Hashable, at: Mark) -> None:
    """Note that `key` is there again at `at`, and the value that its next one is going to replace."""
    if not isinstance(into.duplicates, list) or not isinstance(into.replaced, list):
        into.duplicates, into.replaced = [], []
    into.duplicates.append((key, at))
    into.replaced.append((into[key], into.keys_at[key]))


def hashable(value: Any, left: Iterator[int]) -> Hashable:
    """Return a value as a key, a container as a tuple of what is in it, a number as what is no other key.

    `left` gives one for each value in there; OverflowError when it is at its end, or the container too deep.
    """
    return _key(value, left, _KEY_DEPTH)


def _key(value: Any, left: Iterator[int], depth: int) -> Hashable:
    if next(left, None) is None or not depth:
        raise OverflowError
    if isinstance(value, Map):
        return MapKey([(_key(key, left, depth - 1), _key(part, left, depth - 1)) for key, part in value.items()])
    if isinstance(value, Seq):
        return ListKey([_key(part, left, depth - 1) for part in value])
    return scalar_key(value)


def _ordered(pairs: Seq, left: Iterator[int]) -> Map:
    """Return the one mapping that a sequence tagged `!!omap` stands for: of each item the first key, the last value."""
    made = Map(pairs.at)
    for one in pairs:
        if isinstance(one, Map | Seq) and one:
            (first, key_at), (last, value_at) = _ends(one)
            key = hashable(first, left)
            made[key], made.keys_at[key], made.values_at[key] = last, key_at, value_at
    return made


def _ends(one: Map | Seq) -> tuple[tuple[Any, Mark], tuple[Any, Mark]]:
    """Return the first key or item and the last value or item, each with its place."""
    if isinstance(one, Seq):
        return (one[0], one.items_at[0]), (one[-1], one.items_at[-1])
    first, last = next(iter(one)), next(reversed(one))
    return (first, one.keys_at[first]), (one[last], one.values_at[last])
