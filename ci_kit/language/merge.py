"""Deep merging, as includes and extends do it: maps into maps, everything else is replaced.

Source: GitLab docs "Use extends to reuse configuration sections", "Merge details".
"""

from ci_kit.source.value import Map


class TooBig(Exception):
    """Merging has made more than anybody's configuration has. Caught by `extend`."""


class Budget:
    """How many keys may still be copied; small texts can ask for very many."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        """Begin with `left` keys."""
        self.left = left

    def spend(self, keys: int) -> None:
        """Take the keys off; TooBig when they are not there any more."""
        self.left -= keys
        if self.left < 0:
            raise TooBig


def merge(under: Map, over: Map, budget: Budget | None = None) -> Map:
    """Return a new map: `over` wins, keys keep the place where they stand; neither argument changes.

    What only one of them has is shared, not copied. Raises TooBig when there is a budget and it is used up.
    """
    if budget is not None:
        budget.spend(len(under) + len(over))
    made = Map(over.at)
    made.update(under)
    both = [key for key, value in over.items() if isinstance(value, Map) and isinstance(under.get(key), Map)]
    made.update(over)
    for key in both:
        made[key] = merge(under[key], over[key], budget)
    made.keys_at = under.keys_at | over.keys_at
    made.values_at = under.values_at | over.values_at
    return made
