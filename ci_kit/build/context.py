"""The files of a build context as a build can see them: path, mode, and what is in them.

Sources: docker docs "Build context"; git docs "git-hash-object" for the ids.
"""

import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ci_kit.build import git_objects
from ci_kit.build.dockerignore import Judged, Rules
from ci_kit.build.git_objects import Known
from ci_kit.errors import BuildError

_FORMAT = b"ci-kit context 1\n"
_FOLDER, _LINK, _SPECIAL = "040000", "120000", "010000"
_HISTORY = ".git"


class Entry(NamedTuple):
    """A file, link or empty folder; `id` is that of git's blob of it, empty for what has no content.

    `path` is relative to the context, with `/`; `mode` is as git writes it.
    """

    path: str
    mode: str
    id: str


def entries(context: Path, rules: Rules, environ: Mapping[str, str], *, apart: Collection[str] = ()) -> list[Entry]:
    """Return what is sent, sorted by path; a folder is an entry only when nothing in it is sent.

    Git's own folder is left out, and so are the files named in `apart`. BuildError names what cannot be read.
    """
    known = git_objects.unchanged(context, environ)
    walk = _Walk(str(context), rules, known, frozenset(apart))
    return sorted(walk.run())


def digest(found: Iterable[Entry]) -> str:
    """Return the SHA-256 over the entries, 64 hexadecimal digits."""
    lines = "".join(f"{entry.mode} {entry.id} {entry.path}\0" for entry in found)
    return hashlib.sha256(_FORMAT + os.fsencode(lines)).hexdigest()


class _Folder(NamedTuple):
    """A folder to look into, and what became of it itself."""

    path: str
    judged: Judged


@dataclass(slots=True)
class _Walk:
    """One walk through a context, folder by folder: a folder comes after the one it lies in."""

    context: str
    rules: Rules
    known: Mapping[str, Known]
    apart: frozenset[str]
    folders: list[_Folder] = field(default_factory=list)
    filled: set[str] = field(default_factory=set)

    def run(self) -> Iterator[Entry]:
        """Yield the entries in any order."""
        self.folders.append(_Folder("", self.rules.context))
        for folder in self.folders:
            found = [entry for file in self._files(folder) if (entry := self._entry(*file))]
            if found:
                self.filled.add(folder.path)
            yield from found
        yield from self._empty()

    def _files(self, folder: _Folder) -> Iterator[tuple[str, str]]:
        """Yield what is sent of a folder itself, as path in the context and name for the system; keep its folders."""
        begin = f"{folder.path}/" if folder.path else ""
        for item in self._listed(folder):
            if item.name == _HISTORY:
                continue
            path = begin + item.name
            judged = self.rules.judge(path, folder.judged)
            if item.is_dir(follow_symlinks=False):
                if not judged.out or self.rules.may_return(path):
                    self.folders.append(_Folder(path, judged))
            elif not judged.out and path not in self.apart:
                yield path, item.path

    def _listed(self, folder: _Folder) -> "list[os.DirEntry[str]]":
        try:
            with os.scandir(Path(self.context, folder.path)) as items:
                return list(items)
        except OSError as error:
            if folder.judged.out or isinstance(error, FileNotFoundError):
                return []  # nobody asks for it, or it went away meanwhile
            raise _unreadable(folder.path or self.context, error.strerror) from error

    def _entry(self, path: str, file: str) -> Entry | None:
        """Return what is at `path`, None for a socket and for what went away meanwhile; neither is sent."""
        known = self.known.get(path)
        if known:
            return Entry(path, known.mode, known.id)
        try:
            return self._read(path, file)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(path, error.strerror) from error
        except ValueError as error:
            raise BuildError(str(error), hint="let nothing write into the context during a build") from error

    def _read(self, path: str, file: str) -> Entry | None:
        algorithm, mode = git_objects.algorithm_of(self.known), os.lstat(file).st_mode
        if stat.S_ISREG(mode):
            executable = mode & stat.S_IXUSR
            return Entry(path, "100755" if executable else "100644", git_objects.blob_of_file(file, algorithm))
        if stat.S_ISLNK(mode):
            return Entry(path, _LINK, git_objects.blob(os.fsencode(Path(file).readlink()), algorithm))
        return None if stat.S_ISSOCK(mode) else Entry(path, _SPECIAL, "")

    def _empty(self) -> Iterator[Entry]:
        """Yield the folders that are sent with nothing in them; what lies deeper comes first."""
        for path, judged in reversed(self.folders[1:]):
            if not judged.out and path not in self.filled:
                yield Entry(path, _FOLDER, "")
                self.filled.add(path)
            if path in self.filled:
                self.filled.add(path.rpartition("/")[0])


def _unreadable(path: str, why: str | None) -> BuildError:
    return BuildError(f"{path} cannot be read: {why}", hint="make it readable, or name it in .dockerignore")
