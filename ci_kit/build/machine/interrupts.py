"""SIGTERM and SIGHUP as an exception, so that every `finally` runs before the process ends."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from ci_kit.errors import Interrupted

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible(left: str = "tags that were pushed before stay") -> Iterator[None]:
    """Raise Interrupted in the block when a runner stops the job; a second signal does not disturb the cleaning up.

    `left` says what state the block leaves then.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        for each in (*_SIGNALS, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(f"stopped by {signal.Signals(number).name}", hint=left)

    previous = {signal.SIGINT: signal.getsignal(signal.SIGINT)}
    previous |= {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
