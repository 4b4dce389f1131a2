"""The files of a folder, and none outside of it."""

import os
from collections.abc import Iterator
from pathlib import Path

from ci_kit.source.reader import decode

_BYTES = 16 * 1024 * 1024 + 1  # one more than the reader takes: it says so itself


class ProjectFiles:
    """A project's root folder; paths are as Git has them, with slashes."""

    def __init__(self, root: Path) -> None:
        """Keep the folder as it is really called."""
        self.root = root.resolve()

    def read(self, path: str) -> str | None:
        """Return the text of a file, None when there is none or a link leads out of the folder.

        SourceError when it is not UTF-8, or too big.
        """
        try:
            file = (self.root / path).resolve()
            if not file.is_relative_to(self.root) or not file.is_file():
                return None
            with file.open("rb") as opened:
                content = opened.read(_BYTES)
        except (OSError, ValueError, RuntimeError):  # no right to; a zero byte or a loop of links
            return None
        return decode(content, path)

    def paths(self) -> Iterator[str]:
        """Yield the paths of all files but Git's own."""
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name != ".git"]
            for name in names:
                yield (Path(folder) / name).relative_to(self.root).as_posix()
