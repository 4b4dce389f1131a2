"""Deep merging, as includes and extends do it: maps into maps, everything else is replaced.

Source: GitLab docs "Use extends to reuse configuration sections", "Merge details".
"""

from ci_kit.source.value import Map


def merge(under: Map, over: Map) -> Map:
    """Return a new map: `over` wins, keys keep the place where they stand; neither argument changes."""
    made = Map(over.at)
    _put(made, under)
    for key, value in over.items():
        below = made.get(key)
        both = isinstance(below, Map) and isinstance(value, Map)
        made[key] = merge(below, value) if isinstance(below, Map) and both else value
        made.keys_at[key], made.values_at[key] = over.keys_at[key], over.values_at[key]
    return made


def _put(into: Map, other: Map) -> None:
    into.update(other)
    into.keys_at.update(other.keys_at)
    into.values_at.update(other.values_at)
