"""GitLab's log: a section for each image that can be folded, with the time it took.

Source: GitLab docs "CI/CD job logs", "Custom collapsible sections".
"""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ci_kit.build.progress.seldom import Seldom
from ci_kit.model.builder import PASSING, Output

_CLEAR = "\r\x1b[0K"


class Sections:
    """One image is told while it is worked at; of images `together` each is told whole when it is done.

    Meanwhile their beginnings and ends are told, and each half minute where they are: a log that stays silent looks
    like a job that hangs. A section of an image that failed is open, one that succeeded is folded.
    """

    def __init__(self, write: Output, *, together: bool) -> None:
        """Write nothing yet; `write` gets one line at a time and writes it whole."""
        self._write = write
        self._together = together
        self._lock = threading.Lock()
        self._held: dict[str, tuple[float, list[str]]] = {}
        self._seldom = Seldom()

    def say(self, line: str) -> None:
        """Write a line."""
        self._write(line)

    @contextmanager
    def image(self, name: str) -> Iterator[Output]:
        """Yield where the lines of an image go."""
        with self._later(name) if self._together else self._now(name) as output:
            yield output

    def close(self) -> None:
        """Write the sections of images that came to no end, open."""
        for name in tuple(self._held):
            self._release(name, folded=False)

    @contextmanager
    def _now(self, name: str) -> Iterator[Output]:
        seldom = Seldom()

        def output(text: str) -> None:
            for line in _lines(text, name):
                if not line.startswith(PASSING) or seldom.is_due():
                    self._write(line.removeprefix(PASSING))

        self._write(_start(name, time.time(), f"Build and push {name}", folded=False))
        try:
            yield output
        finally:
            self._write(_end(name))

    @contextmanager
    def _later(self, name: str) -> Iterator[Output]:
        lines: list[str] = []
        with self._lock:
            self._held[name] = time.time(), lines
        self._write(f"{name}: begins")

        def output(text: str) -> None:
            for line in _lines(text, name):
                if line.startswith(PASSING):
                    lines[-1:] = [line] if lines and lines[-1].startswith(PASSING) else [*lines[-1:], line]
                else:
                    lines.append(line)
            self._tell_where()

        folded = False
        try:
            yield output
            folded = True
        finally:
            self._release(name, folded=folded)

    def _release(self, name: str, *, folded: bool) -> None:
        """Write all of one image in one piece."""
        with self._lock:
            begin, lines = self._held.pop(name, (0.0, []))
            if not begin:
                return
            took = f"{time.time() - begin:.1f} s"
            kept = [line for line in lines if not line.startswith(PASSING)]
            header = f"{name}: done in {took}" if folded else f"{name}: not done, after {took}"
            self._write("\n".join([_start(name, begin, header, folded=folded), *kept, _end(name)]))

    def _tell_where(self) -> None:
        with self._lock:
            if not self._seldom.is_due():
                return
            last = [
                f"{name}: {lines[-1].removeprefix(PASSING)[:80]}" for name, (_, lines) in self._held.items() if lines
            ]
        self._write("\n".join(("still at work:", *(f"  {line}" for line in last))))


def _start(name: str, begin: float, header: str, *, folded: bool) -> str:
    options = "[collapsed=true]" if folded else ""
    return f"section_start:{int(begin)}:{_id(name)}{options}{_CLEAR}{header}"


def _end(name: str) -> str:
    return f"section_end:{int(time.time())}:{_id(name)}{_CLEAR}"


def _id(name: str) -> str:
    return "ci_kit_" + re.sub(r"[^A-Za-z0-9_.-]", "_", name)


def _lines(text: str, name: str) -> list[str]:
    """Return the lines of what was said; none of them may begin or end a section of its own."""
    lines = (line.removeprefix(f"{name}: ") for line in text.split("\n"))
    return [re.sub(r"section_(start|end):(?=\d)", r"section_\1 ", line) for line in lines]
