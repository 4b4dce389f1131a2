"""The Dockerfiles of a project; what git ignores is no part of it."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from ci_kit.config import first

_SECONDS = 20
_NOT_OURS = ("node_modules", "vendor")


def find(root: Path, environ: Mapping[str, str]) -> list[PurePosixPath]:
    """Return the Dockerfiles at `root` and below, relative to it and sorted; hidden folders are left out."""
    return sorted(_found(root, environ))


def _found(root: Path, environ: Mapping[str, str]) -> Iterator[PurePosixPath]:
    for path in _of_git(root, environ) or _of_folders(root):
        hidden = any(part.startswith(".") for part in path.parts)
        if first.is_dockerfile(path.name) and not hidden and (root / path).is_file():
            yield path


def _of_git(root: Path, environ: Mapping[str, str]) -> list[PurePosixPath]:
    """Return the files git knows or would add; empty when git cannot say."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, env=dict(environ), check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [PurePosixPath(os.fsdecode(name)) for name in set(done.stdout.split(b"\0")) if name]


def _of_folders(root: Path) -> Iterator[PurePosixPath]:
    """Return all files below `root`, without hidden folders and those of package managers."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _NOT_OURS]
        for name in names:
            yield PurePosixPath((Path(folder) / name).relative_to(root).as_posix())
