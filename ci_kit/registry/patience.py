"""What a server cannot do now, it may be able to do in a second: which answers are worth another try, when, how long.

Sources: RFC 9110 "HTTP Semantics", section 10.2.3 "Retry-After"; OCI "Distribution Specification" 1.1, "Error Codes".
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
_DISK_FULL = re.compile(rb'"Err":\s*28\b')  # errno ENOSPC, as Distribution gives it


def is_transient(status: int, body: bytes = b"") -> bool:
    """Tell whether an answer means: later, perhaps. A full disk does not."""
    return status in _TRANSIENT and not _DISK_FULL.search(body)


@dataclass(slots=True)
class Patience:
    """How often and how long is asked again; shared by all connections to one registry, and by their threads.

    `attempts` in a row without progress; no attempt begins more than `seconds` after the first. The pauses are `first`
    seconds doubled each time, or what the server asks for up to `longest`: who wants more is not waited for.
    """

    attempts: int = 5
    seconds: float = 120.0
    first: float = 0.5
    longest: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep_still(self) -> None:
        """Return when the time is over for which a server wanted to be left alone, by whichever connection."""
        while (left := self._until - self.clock()) > 0:
            self.sleep(left)

    def again(self, number: int, begin: float, headers: Mapping[str, str] | None = None) -> bool:
        """Return True after the pause that follows failure `number` (from 0), False when it is not worth another try.

        `begin` is what `clock` said before the first try; `headers` are those of the answer, where there is one.
        """
        asked = _asked(headers or {})
        pause = self._pause(number) if asked is None else asked
        end = self.clock() + pause
        if number + 1 >= self.attempts or pause > self.longest or end - begin > self.seconds:
            return False
        if asked is not None:
            with self._lock:
                self._until = max(self._until, end)
            self.keep_still()
        else:
            self.sleep(pause)
        return True

    def _pause(self, number: int) -> float:
        """Return the seconds; a little chance keeps the jobs of one pipeline from coming back together."""
        import random  # only a failure needs it

        return float(min(self.first * 2**number, self.longest) * random.uniform(0.8, 1.2))


def once() -> Patience:
    """Return no patience: one attempt, whatever comes of it."""
    return Patience(attempts=1)


def _asked(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for, as a number or a date; None when it says nothing."""
    said = headers.get("retry-after", "")
    if said.isascii() and said.isdigit() and len(said) < 10:
        return float(said)
    try:
        return max(parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
