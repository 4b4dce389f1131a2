"""The files of a folder, and none outside of it."""

import os
from collections.abc import Iterator
from pathlib import Path

from ci_kit.source.reader import READ, decode


class ProjectFiles:
    """A project's root folder; paths are as Git has them, with slashes."""

    def __init__(self, root: Path) -> None:
        """Keep the folder as it is really called."""
        self.root = root.resolve()

    def read(self, path: str) -> str | None:
        """Return the text of a file, None when there is none or a link leads out of the folder.

        SourceError when it is not UTF-8, or too big.
        """
        file = self.root / path
        if not self._is_inside(file):
            return None
        try:
            with file.open("rb") as opened:
                content = opened.read(READ)
        except OSError:  # no right to
            return None
        return decode(content, path)

    def paths(self) -> Iterator[str]:
        """Yield the paths of all files but Git's own, and but links that lead out of the folder."""
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name != ".git"]
            for file in (Path(folder) / name for name in names):
                if not file.is_symlink() or self._is_inside(file):
                    yield file.relative_to(self.root).as_posix()

    def _is_inside(self, path: Path) -> bool:
        try:
            file = path.resolve()
            return file.is_relative_to(self.root) and file.is_file()
        except (OSError, ValueError, RuntimeError):  # no right to; a zero byte or a loop of links
            return False
