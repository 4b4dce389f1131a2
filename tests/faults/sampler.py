"""Every command line on this machine while something runs, as `ps` would show it to anybody."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Sampler:
    """What was seen; `count` is how often it was looked."""

    def __init__(self) -> None:
        self.lines: set[bytes] = set()
        self.count = 0
        self._over = threading.Event()

    @contextmanager
    def running(self) -> Iterator["Sampler"]:
        """Look again and again while the block runs."""
        thread = threading.Thread(target=self._look, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()

    def saw(self, word: str) -> bool:
        return any(word.encode() in line for line in self.lines)

    def _look(self) -> None:
        while not self._over.wait(0.002):
            self.count += 1
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    self.lines.add((process / "cmdline").read_bytes())
