"""What git already knows of the files in a folder: the object ids of those that are as they were checked out.

Sources: git docs "git-ls-files", "gitattributes", "gitglossary: pathspec".
"""

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_SECONDS = 120
_FILTERS = ":(exclude,attr:!filter !ident !working-tree-encoding)"
_LINE_ENDS = ":(exclude,attr:!text !eol !crlf)"
_SUBMODULE = "160000"
_CHUNK = 1024 * 1024


class Known(NamedTuple):
    """A file as the index has it: `mode` is 100644, 100755 or 120000, `id` the hexadecimal id of its blob."""

    mode: str
    id: str


def unchanged(folder: Path, environ: Mapping[str, str]) -> dict[str, Known]:
    """Return the tracked files below `folder` whose bytes are those of their blob, by path relative to it.

    Empty where git cannot say: without git, outside a repository, or in one of another owner.
    """
    try:
        return _unchanged(folder, environ)
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}


def blob(content: bytes, algorithm: str) -> str:
    """Return the id that git gives to a file of these bytes."""
    return str(_hash(len(content), algorithm, content).hexdigest())


def blob_of_file(path: str, algorithm: str) -> str:
    """Return the id that git gives to a file; OSError when it cannot be read, ValueError when it grows meanwhile."""
    with Path(path).open("rb") as file:
        content = file.read(_CHUNK)
        if len(content) < _CHUNK:
            return blob(content, algorithm)
        size, made = os.fstat(file.fileno()).st_size, len(content)
        found = _hash(size, algorithm, content)
        while content := file.read(_CHUNK):
            made += len(content)
            found.update(content)
    if made != size:
        raise ValueError(f"{path} changes while it is read")
    return str(found.hexdigest())


def algorithm_of(known: Mapping[str, Known]) -> str:
    """Return the hash that the ids are of: sha256 in a repository of that format, else sha1."""
    return "sha256" if known and len(next(iter(known.values())).id) == hashlib.sha256().digest_size * 2 else "sha1"


def _hash(size: int, algorithm: str, content: bytes) -> Any:
    found = hashlib.new(algorithm, f"blob {size}\0".encode(), usedforsecurity=False)
    found.update(content)
    return found


def _unchanged(folder: Path, environ: Mapping[str, str]) -> dict[str, Known]:
    git = _Git(folder, environ)
    known, submodules = _read(git.files("-v", "-s"))
    for path in {*git.files("-m"), *git.files("--", ".", _FILTERS)}:
        known.pop(path, None)
    doubtful = list(known) if git.converts() else [path for path in git.files("--", ".", _LINE_ENDS) if path in known]
    for path in git.of_other_size(doubtful, known):
        del known[path]
    for path in submodules:
        if (folder / path / ".git").exists():
            known |= {f"{path}/{name}": one for name, one in unchanged(folder / path, environ).items()}
    return known


def _read(listed: Sequence[str]) -> tuple[dict[str, Known], list[str]]:
    """Return the files whose state git watches, and the submodules, from the lines of `ls-files -v -s`."""
    known, submodules = {}, []
    for line in listed:
        facts, _, path = line.partition("\t")
        tag, mode, name, stage = facts.split(" ")
        if mode == _SUBMODULE:
            submodules.append(path)
        elif tag == "H" and stage == "0":  # else told not to look at the file, or in the middle of a merge
            known[path] = Known(mode, name)
    return known, submodules


class _Git:
    """Questions to git in one folder; SubprocessError where it fails."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        # A file system monitor is a program that the repository names: it is not started for a mere question.
        self._words = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", "-c", "core.fileMode=true"]
        self._environ = {**environ, "GIT_OPTIONAL_LOCKS": "0"}

    def files(self, *words: str) -> list[str]:
        """Return the lines of `git ls-files` with `words`."""
        return os.fsdecode(self._ask("ls-files", "-z", *words)).split("\0")[:-1]

    def converts(self) -> bool:
        """Tell whether line ends may be changed at checkout whatever the attributes say."""
        said = self._ask("config", "--default=false", "--get", "core.autocrlf").strip()
        return said.lower() not in (b"", b"false", b"no", b"off", b"0")

    def of_other_size(self, paths: Sequence[str], known: Mapping[str, Known]) -> list[str]:
        """Return those of `paths` that differ from their blob in size, as a file does whose line ends were changed."""
        if not paths:
            return []
        asked = "".join(f"{known[path].id}\n" for path in paths).encode()
        sizes = self._ask("cat-file", "--buffer", "--batch-check=%(objectsize)", said=asked).split(b"\n")
        return [path for path, size in zip(paths, sizes, strict=False) if self._size(path) != size]

    def _size(self, path: str) -> bytes:
        try:
            return b"%d" % os.lstat(f"{self._folder}/{path}").st_size
        except OSError:
            return b"gone"

    def _ask(self, *words: str, said: bytes = b"") -> bytes:
        command = [*self._words, *words]
        return subprocess.run(
            command, input=said, capture_output=True, env=self._environ, timeout=_SECONDS, check=True
        ).stdout
