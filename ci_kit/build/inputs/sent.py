"""The files and folders of a context that Docker sends to a build.

Sources: docker docs "Build context"; github.com/tonistiigi/fsutil, filter.go.
"""

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from ci_kit.build.inputs.dockerignore import Judged, Rules
from ci_kit.errors import BuildError


class File(NamedTuple):
    """What is no folder: its `path` in the context, with `/`, and where the system finds it."""

    path: str
    where: str


class Folder(NamedTuple):
    """A folder that may be sent: for itself unless it is `judged` out, else for what it holds."""

    path: str
    judged: Judged


class Listing(NamedTuple):
    """Files in any order; folders after the one that they lie in, without the context itself."""

    files: list[File]
    folders: list[Folder]

    def sent_folders(self, filled: set[str]) -> Iterator[tuple[str, bool]]:
        """Yield the folders that are sent, and whether something in them is; `filled` are those that hold a file.

        What lies deeper comes first, and `filled` grows.
        """
        for path, judged in reversed(self.folders):
            has_something = path in filled
            if has_something or not judged.out:
                filled.add(path.rpartition("/")[0])
                yield path, has_something


def walk(context: str, rules: Rules, left_out: Collection[str] = ()) -> Listing:
    """Return what is sent; `left_out` are names that are not looked at anywhere.

    BuildError names a folder that cannot be read; one that is left out itself may well be closed.
    """
    found = Listing([], [])
    _look(context, Folder("", rules.context), rules, left_out, found)
    for folder in found.folders:  # which grows
        _look(context, folder, rules, left_out, found)
    return found


def unreadable(path: str, why: str | None) -> BuildError:
    """Return the failure for a file or folder that has to be sent and cannot be read."""
    return BuildError(f"{path} cannot be read: {why}", hint="make it readable, or name it in .dockerignore")


def _look(context: str, folder: Folder, rules: Rules, left_out: Collection[str], found: Listing) -> None:
    """Add the files of a folder, and the folders in it that are to be looked into."""
    begin = f"{folder.path}/" if folder.path else ""
    for item in _listed(context, folder):
        if item.name in left_out:
            continue
        path = begin + item.name
        judged = rules.judge(path, folder.judged)
        if item.is_dir(follow_symlinks=False):
            if not judged.out or rules.may_return(path):
                found.folders.append(Folder(path, judged))
        elif not judged.out:
            found.files.append(File(path, item.path))


def _listed(context: str, folder: Folder) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(Path(context, folder.path)) as items:
            return list(items)
    except OSError as error:
        if folder.judged.out or isinstance(error, FileNotFoundError):
            return []  # nobody asks for it, or it went away meanwhile
        raise unreadable(folder.path or context, error.strerror) from error
