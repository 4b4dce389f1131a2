"""Whether a regular expression is found in a text, in time that grows with the text and with nothing worse.

All ways to go on are followed at once (Thompson's simulation), and what was worked out for a set of states and a
character is kept, so that most characters cost one look-up.
Source: swtch.com/~rsc/regexp "Regular Expression Matching Can Be Simple And Fast".
"""

from typing import NamedTuple

from ci_kit.language.re2_parser import At, Choice, Node, One, Repeated, Row
from ci_kit.language.re2_set import Set

_START, _FOUND = 0, 1
_STATES = 50_000  # what needs more is not tried
_WORK = 2_000_000  # states looked at for a text, about a second
_KEPT = 2_000  # sets of states
_BITS = {"text": 1, "end": 2, "line": 4, "line end": 8, "word": 16, "inside": 32}
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class TooMuch(Exception):
    """The answer would cost more than anybody waits for. Caught by `is_found`."""


class _State(NamedTuple):
    """Where to go from here: over a character of `read`, at a place of which `at` is the bit, or freely."""

    next: tuple[int, ...]
    read: Set | None = None
    at: int = 0


class _Known:
    """A set of states and what was worked out for it: by place what may be read, by character what follows."""

    __slots__ = ("closed", "states", "steps")

    def __init__(self, states: frozenset[int]) -> None:
        """Begin with nothing worked out."""
        self.states = states
        self.closed: dict[int, _Known | None] = {}
        self.steps: dict[str, _Known] = {}


class Automaton:
    """The states of one regular expression; it is built when it is first asked."""

    __slots__ = ("known", "states", "work")

    def __init__(self, node: Node) -> None:
        """Lay out the states; TooMuch when there are too many."""
        self.states = _laid_out(node)
        self.known: dict[frozenset[int], _Known] = {}
        self.work = 0

    def is_in(self, text: str) -> bool:
        """Tell whether some part of the text matches; TooMuch when that costs too much."""
        self.work = _WORK
        here = self._of(frozenset((_START,)))
        for at in range(len(text) + 1):
            place = _place(text, at)
            closed = here.closed[place] if place in here.closed else self._close(here, place)
            if closed is None:
                return True
            if at < len(text):
                here = closed.steps.get(text[at]) or self._step(closed, text[at])
        return False

    def _of(self, states: frozenset[int]) -> _Known:
        if len(self.known) > _KEPT:
            self.known.clear()
        return self.known.setdefault(states, _Known(states))

    def _spend(self, work: int) -> None:
        self.work -= work
        if self.work < 0:
            raise TooMuch

    def _close(self, here: _Known, place: int) -> _Known | None:
        """Return the states that read a character and are reached from here freely, None when the end is."""
        seen = set(here.states)
        waiting = list(seen)
        while waiting:
            state = self.states[waiting.pop()]
            if state.read is None and (not state.at or state.at & place):
                fresh = [one for one in state.next if one not in seen]
                seen.update(fresh)
                waiting += fresh
        self._spend(len(seen))
        reads = frozenset(one for one in seen if self.states[one].read is not None)
        here.closed[place] = None if _FOUND in seen else self._of(reads)
        return here.closed[place]

    def _step(self, here: _Known, character: str) -> _Known:
        """Return the states behind the character, and the first one: a match may begin anywhere."""
        self._spend(len(here.states))
        found = {_START}
        for one in here.states:
            state = self.states[one]
            if state.read is not None and state.read.has(character):
                found.update(state.next)
        here.steps[character] = self._of(frozenset(found))
        return here.steps[character]


def _place(text: str, at: int) -> int:
    """Return the bits of what holds between two characters."""
    bits = 1 | 4 if at == 0 else 4 if text[at - 1] == "\n" else 0
    bits |= 2 | 8 if at == len(text) else 8 if text[at] == "\n" else 0
    before, after = at > 0 and text[at - 1] in _WORD, at < len(text) and text[at] in _WORD
    return bits | (16 if before != after else 32)


def _laid_out(root: Node) -> list[_State]:
    """Return the states, first the one to begin with, then the end; depth costs no recursion."""
    states = [_State(()), _State(())]
    waiting = [(root, _START, _FOUND)]
    while waiting:
        node, start, end = waiting.pop()
        if len(states) > _STATES:
            raise TooMuch
        if isinstance(node, One):
            states[start] = _State((end,), node.of)
        elif isinstance(node, At):
            states[start] = _State((end,), None, _BITS[node.place])
        elif isinstance(node, Choice):
            begins = [_new(states) for _ in node.parts]
            states[start] = _State(tuple(begins))
            waiting += [(part, begin, end) for part, begin in zip(node.parts, begins, strict=True)]
        elif isinstance(node, Row):
            last = _chain(node.parts, start, states, waiting)
            states[last] = _State((end,))
        else:
            _repeat(node, start, end, states, waiting)
    return states


def _new(states: list[_State]) -> int:
    states.append(_State(()))
    return len(states) - 1


def _chain(parts: tuple[Node, ...], start: int, states: list[_State], waiting: list[tuple[Node, int, int]]) -> int:
    """Leave the parts to be laid out one behind the other; return where the last one ends."""
    for part in parts:
        end = _new(states)
        waiting.append((part, start, end))
        start = end
    return start


def _repeat(node: Repeated, start: int, end: int, states: list[_State], waiting: list[tuple[Node, int, int]]) -> None:
    here = _chain((node.part,) * node.least, start, states, waiting)
    if node.most is None:
        body = _new(states)
        waiting.append((node.part, body, here))
        states[here] = _State((body, end))
        return
    for _ in range(node.most - node.least):
        body, after = _new(states), _new(states)
        waiting.append((node.part, body, after))
        states[here] = _State((body, end))
        here = after
    states[here] = _State((end,))
