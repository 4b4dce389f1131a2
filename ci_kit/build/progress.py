"""Telling what a run does: line by line, as they come in a log that several images may share."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from ci_kit.model.builder import Output


class Progress(Protocol):
    """Where a run tells what it does; every method may be called by any thread."""

    def say(self, line: str) -> None:
        """Tell what is of no image, or of all."""
        ...

    def image(self, name: str) -> AbstractContextManager[Output]:
        """Return where the lines of one image go while the block lasts that works at it."""
        ...


class Lines:
    """Each line at once and whole; where images are `together` at work, with the name of its image before it."""

    def __init__(self, write: Output, *, together: bool) -> None:
        """Write nothing yet; `write` gets one line at a time."""
        self._write = write
        self._together = together
        self._lock = threading.Lock()

    def say(self, line: str) -> None:
        """Write a line."""
        with self._lock:
            self._write(line)

    @contextmanager
    def image(self, name: str) -> Iterator[Output]:
        """Yield where the lines of an image go."""

        def output(text: str) -> None:
            for line in text.splitlines() or [""]:
                self.say(f"{name} | {line.removeprefix(f'{name}: ')}")

        yield output if self._together else self.say
