"""Telling what a run does: in place on a terminal, in sections in GitLab's log, line by line everywhere else."""

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import IO, Protocol

from ci_kit.build.progress.progress_sections import Sections
from ci_kit.build.progress.progress_terminal import Terminal
from ci_kit.build.progress.seldom import Seldom
from ci_kit.model.builder import PASSING, Output


class Progress(Protocol):
    """Where a run tells what it does; every method may be called by any thread."""

    def say(self, line: str) -> None:
        """Tell what is of no image, or of all."""
        ...

    def image(self, name: str) -> AbstractContextManager[Output]:
        """Return where the lines of one image go while the block lasts that works at it; an exception is its failure.

        A line that begins with PASSING holds only until the next one comes.
        """
        ...

    def close(self) -> None:
        """Leave nothing unsaid that was held back."""
        ...


def choose(kind: str, stream: IO[str], environ: Mapping[str, str], *, together: bool) -> Progress:
    """Return how to tell in `kind`: `plain`, or `auto` for what fits the stream and the job. `together`: many images.

    A terminal is written to in place, unless CI is set, TERM is dumb or empty, or its size is not known.
    """
    write = writer(stream)
    if kind == "auto" and stream.isatty() and not environ.get("CI") and environ.get("TERM", "dumb") != "dumb":
        return Terminal(stream, lambda: shutil.get_terminal_size().columns, colour=not environ.get("NO_COLOR"))
    if kind == "auto" and (environ.get("GITLAB_CI") == "true" or environ.get("CI_JOB_ID")):
        return Sections(write, together=together)
    return Lines(write, together=together)


def writer(stream: IO[str]) -> Output:
    """Return what writes one line whole, so that no other thread's line comes into it."""
    lock = threading.Lock()

    def write(line: str) -> None:
        with lock:
            stream.write(f"{line}\n")
            stream.flush()

    return write


class Lines:
    """Each line at once; where images are `together` at work, with the name of its image before it."""

    def __init__(self, write: Output, *, together: bool) -> None:
        """Write nothing yet; `write` gets one line at a time."""
        self._write = write
        self._together = together

    def say(self, line: str) -> None:
        """Write a line."""
        self._write(line)

    @contextmanager
    def image(self, name: str) -> Iterator[Output]:
        """Yield where the lines of an image go; of passing ones each half minute the newest."""
        seldom = Seldom()

        def output(text: str) -> None:
            for line in text.split("\n"):
                if line.startswith(PASSING) and not seldom.is_due():
                    continue
                line = line.removeprefix(PASSING)
                self._write(f"{name} | {line.removeprefix(f'{name}: ')}" if self._together else line)

        yield output

    def close(self) -> None:
        """Do nothing: no line is held back."""
