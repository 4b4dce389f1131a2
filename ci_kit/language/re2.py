"""Regular expressions as RE2 takes them: what it refuses is refused, and no search takes for ever.

Source: github.com/google/re2/wiki/Syntax.
"""

from functools import lru_cache

from ci_kit.language.re2_automaton import Automaton, TooMuch
from ci_kit.language.re2_parser import Node, parsed


class Regex:
    """A regular expression that RE2 takes."""

    __slots__ = ("automaton", "node")

    def __init__(self, node: Node) -> None:
        """Keep the tree; the automaton is made of it by the first search."""
        self.node = node
        self.automaton: Automaton | None = None


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Regex | None:
    """Return the regular expression, None when RE2 refuses it."""
    node = parsed(pattern)
    return None if node is None else Regex(node)


def is_found(regex: Regex, text: str, otherwise: bool = True) -> bool:
    """Tell whether some part of the text matches; `otherwise` where the search would cost more than a second."""
    try:
        if regex.automaton is None:
            regex.automaton = Automaton(regex.node)
        return regex.automaton.is_in(text)
    except TooMuch:
        return otherwise
