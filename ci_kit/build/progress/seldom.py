"""A thing that is to be said now and then, not each time."""

import time
from collections.abc import Callable


class Seldom:
    """Tells whether `seconds` have passed since it last said so."""

    def __init__(self, seconds: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to count now."""
        self._seconds, self._clock = seconds, clock
        self._last = clock()

    def is_due(self) -> bool:
        """Return True at most once in that time."""
        due = self._clock() - self._last >= self._seconds
        self._last = self._clock() if due else self._last
        return due
