"""The files of a build context as a build can see them: path, mode, and what is in them.

Sources: docker docs "Build context"; git docs "git-hash-object" for the ids.
"""

import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ci_kit.build.inputs import git_objects
from ci_kit.build.inputs.dockerignore import Rules
from ci_kit.build.inputs.git_objects import Known
from ci_kit.build.inputs.sent import File, unreadable, walk
from ci_kit.errors import BuildError

HISTORY = ".git"
_MANY, _LARGE = 100, 2_000_000  # files, and their bytes
_FORMAT = b"ci-kit context 1\n"
_FOLDER, _LINK, _SPECIAL = "040000", "120000", "010000"


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
    listing = walk(str(context), rules, left_out=(HISTORY,))
    known = git_objects.unchanged(context, environ) if _is_large(listing.files) else {}
    algorithm = git_objects.algorithm_of(known)
    files = (file for file in listing.files if file.path not in apart)
    found = [entry for file in files if (entry := _entry(file, known, algorithm))]
    folders = listing.sent_folders({entry.path.rpartition("/")[0] for entry in found})
    return sorted([*found, *(Entry(path, _FOLDER, "") for path, has_something in folders if not has_something)])


def _is_large(files: Sequence[File]) -> bool:
    """Tell whether git is quicker than reading; asking it takes 8 ms, and the answer is the same."""
    return len(files) > _MANY or sum(_size(file) for file in files) > _LARGE


def _size(file: File) -> int:
    try:
        return os.lstat(file.where).st_size
    except OSError:
        return 0  # what cannot be read is told where it is read


def digest(found: Iterable[Entry]) -> str:
    """Return the SHA-256 over the entries, 64 hexadecimal digits."""
    lines = "".join(f"{entry.mode} {entry.id} {entry.path}\0" for entry in found)
    return hashlib.sha256(_FORMAT + os.fsencode(lines)).hexdigest()


def _entry(file: File, known: Mapping[str, Known], algorithm: str) -> Entry | None:
    """Return what is in a file, None for a socket and for what went away meanwhile; neither is sent."""
    said = known.get(file.path)
    if said:
        return Entry(file.path, said.mode, said.id)
    try:
        return _read(file, algorithm)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(file.path, error.strerror) from error
    except ValueError as error:
        raise BuildError(str(error), hint="let nothing write into the context during a build") from error


def _read(file: File, algorithm: str) -> Entry | None:
    mode = os.lstat(file.where).st_mode
    if stat.S_ISREG(mode):
        executable = mode & stat.S_IXUSR
        return Entry(file.path, "100755" if executable else "100644", git_objects.blob_of_file(file.where, algorithm))
    if stat.S_ISLNK(mode):
        return Entry(file.path, _LINK, git_objects.blob(os.fsencode(Path(file.where).readlink()), algorithm))
    return None if stat.S_ISSOCK(mode) else Entry(file.path, _SPECIAL, "")
