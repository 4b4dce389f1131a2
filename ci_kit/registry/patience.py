"""What a server cannot do now, it may be able to do in a second: which answers are worth another try, when, how long.

Sources: RFC 9110 "HTTP Semantics", section 10.2.3 "Retry-After"; OCI "Distribution Specification" 1.1, "Error Codes".
"""

import re
import threading
import time
from collections.abc import Callable, Mapping

_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
_DISK_FULL = re.compile(rb'"Err":\s*28\b')  # errno ENOSPC, as Distribution gives it


def is_transient(status: int, body: bytes = b"") -> bool:
    """Tell whether an answer means: later, perhaps. A full disk does not."""
    return status in _TRANSIENT and not _DISK_FULL.search(body)


class Patience:
    """How often and how long is asked again; shared by all connections to one registry, and by their threads.

    `attempts` in a row without progress; no attempt begins more than `seconds` after the first, and none after `total`
    seconds were lost to failures, whosever they were. The pauses are `first` seconds doubled each time, or what the
    server asks for up to `longest`: who wants more is not waited for.
    """

    def __init__(
        self,
        attempts: int = 5,
        seconds: float = 120.0,
        first: float = 0.5,
        longest: float = 60.0,
        total: float = 600.0,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.attempts = attempts
        self.seconds = seconds
        self.first = first
        self.longest = longest
        self.total = total
        self.sleep = sleep
        self.clock = clock
        self._until: float = 0.0
        self._lost: float = 0.0
        self._lock = threading.Lock()

    def keep_still(self) -> None:
        """Return when the time is over for which a server wanted to be left alone, by whichever connection."""
        while (left := self._until - self.clock()) > 0:
            self.sleep(left)

    def tries(self) -> "Tries":
        """Return the tries of one request, of which the first begins now."""
        return Tries(self)

    def wait(self, pause: float, *, asked: bool) -> None:
        """Return after `pause`; where the server asked for it, the other connections keep still too."""
        if not asked:
            self.sleep(pause)
            return
        with self._lock:
            self._until = max(self._until, self.clock() + pause)
        self.keep_still()

    def spend(self, seconds: float) -> bool:
        """Tell whether that much may still be lost."""
        with self._lock:
            self._lost += seconds
            return self._lost <= self.total


class Tries:
    """The tries of one request, or of work that gets on piece by piece."""

    def __init__(self, patience: Patience) -> None:
        """Begin now."""
        self._patience = patience
        self.progress()

    def progress(self) -> None:
        """Count anew: something was reached."""
        self._number = 0
        self._begin = self._since = self._patience.clock()

    def again(self, headers: Mapping[str, str] | None = None) -> bool:
        """Return True after the pause that follows a failure, False when it is not worth another try.

        `headers` are those of the answer, where there is one.
        """
        patience, asked = self._patience, _asked(headers or {})
        pause = _by_chance(patience.first * 2**self._number, 0.8) if asked is None else _by_chance(asked, 1.0)
        end = patience.clock() + pause
        self._number += 1
        is_over = self._number >= patience.attempts or end - self._begin > patience.seconds
        if is_over or (asked or 0) > patience.longest or not patience.spend(end - self._since):
            return False
        patience.wait(min(pause, 1.2 * patience.longest), asked=asked is not None)
        self._since = patience.clock()
        return True


def _by_chance(seconds: float, least: float) -> float:
    """Return `seconds`, a little changed, so that the jobs of one pipeline do not come back together."""
    import random  # only a failure needs it

    return float(seconds * random.uniform(least, 1.2))


def once() -> Patience:
    """Return no patience: one attempt, whatever comes of it."""
    return Patience(attempts=1)


def _asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for, as a number or a date; None when it says nothing."""
    said = headers.get("retry-after", "")
    if said.isascii() and said.isdigit() and len(said) < 10:
        return float(said)
    if not said:
        return None
    from email.utils import parsedate_to_datetime  # 8 ms, for what hardly any server says

    try:
        return max(parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
