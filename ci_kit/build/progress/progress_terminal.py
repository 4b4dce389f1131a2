"""A terminal: one line for each image at work, written anew in place; above it what stays.

Source: ECMA-48 (ISO/IEC 6429), "CPL - cursor preceding line", "EL - erase in line", "SGR".
"""

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from ci_kit.build.progress.steps import Steps
from ci_kit.model.builder import PASSING, Output
from ci_kit.model.step import cache_hits

_LAST_LINES = 60  # of an image that fails
_SECONDS = 0.2  # between two times that the lines are written anew
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
_UP, _ERASE, _BOLD, _RED, _PLAIN = "\x1b[{}F", "\x1b[J", "\x1b[1m", "\x1b[31m", "\x1b[0m"


class _Image:
    """An image at work: since when, what it does, and its last lines."""

    def __init__(self, begin: float) -> None:
        self.begin = begin
        self.steps = Steps()
        self.now = ""
        self.lines: deque[str] = deque(maxlen=_LAST_LINES)


class Terminal:
    """Writes the lines of images at work in place, and what a builder says only where an image fails.

    What begins with the image's name is our own word, and stays.
    """

    def __init__(self, stream: IO[str], width: Callable[[], int], *, colour: bool) -> None:
        """Write nothing yet; `width` tells the columns, `colour` whether anything is bold or red."""
        self._stream, self._width, self._colour = stream, width, colour
        self._lock = threading.RLock()
        self._images: dict[str, _Image] = {}
        self._shown = 0  # lines that are written anew
        self._closed = threading.Event()
        self._ticker: threading.Thread | None = None

    def say(self, line: str) -> None:
        """Write a line that stays."""
        with self._lock:
            self._write([line])

    @contextmanager
    def image(self, name: str) -> Iterator[Output]:
        """Yield where the lines of an image go."""
        image = _Image(time.monotonic())
        with self._lock:
            self._images[name] = image
            self._write([])
        self._tick()
        try:
            yield lambda text: self._hear(image, text, name)
        except BaseException:
            self._leave(name, [f"{self._styled(name, _RED)}  failed", *(f"  {line}" for line in image.lines)])
            raise
        self._leave(name, [self._ended(name, image)])

    def close(self) -> None:
        """Take the lines of images at work away."""
        self._closed.set()
        if self._ticker:
            self._ticker.join()
        with self._lock:
            self._images.clear()
            self._write([])

    def _hear(self, image: _Image, text: str, name: str) -> None:
        with self._lock:
            for line in map(_plain, text.split("\n")):
                if line.startswith(f"{name}: "):
                    self._write([line])
                    continue
                step = image.steps.read(line)
                if not line.startswith(PASSING) and line.strip():
                    image.lines.append(line)
                if step:
                    image.now = step.name if step.state == "running" else image.now
                elif line.startswith(PASSING) or not image.steps.found():
                    image.now = line.removeprefix(PASSING)

    def _ended(self, name: str, image: _Image) -> str:
        hits, took = cache_hits(image.steps.found()), f"{time.monotonic() - image.begin:.1f} s"
        cached = f", {hits.cached} of {hits.of} steps from the cache" if hits.of else ""
        return f"{self._styled(name, _BOLD)}  done in {took}{cached}"

    def _leave(self, name: str, lines: list[str]) -> None:
        with self._lock:
            self._images.pop(name, None)
            self._write(lines)

    def _tick(self) -> None:
        if self._ticker is None:
            self._ticker = threading.Thread(target=self._run, daemon=True)
            self._ticker.start()

    def _run(self) -> None:
        while not self._closed.wait(_SECONDS):
            with self._lock:
                if self._images:
                    self._write([])

    def _write(self, lines: list[str]) -> None:
        """Write lines that stay, and below them those that do not, in one piece."""
        back = _UP.format(self._shown) + _ERASE if self._shown else ""
        shown = [self._status(name, image) for name, image in self._images.items()]
        self._shown = len(shown)
        self._stream.write(back + "".join(f"{line}\n" for line in [*lines, *shown]))
        self._stream.flush()

    def _status(self, name: str, image: _Image) -> str:
        """Return the line of an image, cut to the terminal: one that wraps could not be taken back."""
        took = f"{time.monotonic() - image.begin:5.1f} s"
        room = max(self._width() - len(name) - len(took) - 5, 0)
        now = image.now if len(image.now) <= room else image.now[: max(room - 1, 0)] + "…"
        return f"{self._styled(name, _BOLD)}  {now:<{room}}  {took}"

    def _styled(self, text: str, style: str) -> str:
        return f"{style}{text}{_PLAIN}" if self._colour else text


def _plain(line: str) -> str:
    """Return a line without what steers a terminal; one that passes keeps its sign."""
    passing = PASSING if line.startswith(PASSING) else ""
    text = _ESCAPES.sub("", line.removeprefix(PASSING)).expandtabs(4)
    return passing + "".join(letter for letter in text if letter.isprintable())
