"""Manifests and configurations on disk by digest, so that a later listing asks for what changed only.

An entry is written whole or not at all, for its owner alone; what is read must have the digest that it is called by, so
that no entry can lie. A cache that cannot be written is a slow one, no failure.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_ENTRY_LIMIT = 1024 * 1024  # bytes; configurations are some KiB
_BLOCK = 32 * 1024  # bytes
_LIMIT = 256 * 1024 * 1024  # bytes in all
_COUNT_LIMIT = 50_000  # entries in all


def default_folder(environ: Mapping[str, str]) -> Path:
    """Return where entries go when the user names no folder."""
    base = environ.get("XDG_CACHE_HOME", "")
    if not base.startswith("/"):  # the XDG specification: a relative path is to be ignored
        base = str(Path(environ.get("HOME") or "~").expanduser() / ".cache")
    return Path(base) / "ci-kit" / "registry"


class BlobCache:
    """Entries below `folder`, or none where it is None; any number of threads and processes may share it."""

    def __init__(self, folder: Path | None, limit: int = _LIMIT, count_limit: int = _COUNT_LIMIT) -> None:
        """Keep where; nothing is read or made yet."""
        self._folder = folder
        self._limit = limit
        self._count_limit = count_limit
        self._made = set[str]()
        self._serial = 0

    def read(self, digest: str) -> bytes | None:
        """Return the bytes of `digest`, None when they are not there; what is not its digest is removed."""
        file = self._file(digest)
        if file is None:
            return None
        try:
            content = _read(file)
        except OSError:
            return None
        if f"sha256:{hashlib.sha256(content).hexdigest()}" == digest:
            return content
        with suppress(OSError):
            Path(file).unlink()
        return None

    def write(self, digest: str, content: bytes) -> None:
        """Keep `content`, whose digest the caller has computed."""
        file = self._file(digest)
        if file is not None and len(content) <= _ENTRY_LIMIT:
            self._replace(file, content)

    def digests(self, repository: str) -> dict[str, str]:
        """Return the digest that each tag of `repository` (`host/path`) had when it was last seen."""
        file = self._tags_file(repository)
        try:
            said = json.loads(Path(file).read_bytes()) if file else {}
        except (OSError, ValueError, RecursionError):
            return {}
        known = said.items() if isinstance(said, dict) else ()
        return {tag: digest for tag, digest in known if isinstance(digest, str)}

    def remember(self, repository: str, digests: Mapping[str, str]) -> None:
        """Keep which digest each tag has."""
        file = self._tags_file(repository)
        if file is not None:
            self._replace(file, json.dumps(digests).encode())

    def prune(self) -> None:
        """Remove the oldest entries where there are too many; for the end of a listing that wrote something."""
        if self._folder is None or not self._made:
            return
        entries = sorted(_entries(self._folder), reverse=True)
        size = 0
        for number, (_, length, path) in enumerate(entries):
            size += length
            if size > self._limit or number >= self._count_limit:
                with suppress(OSError):
                    Path(path).unlink()

    def _file(self, digest: str) -> str | None:
        algorithm, _, name = digest.partition(":")
        if self._folder is None or algorithm != "sha256" or len(name) != 64 or not name.isalnum():
            return None
        return f"{self._folder}/sha256/{name[:2]}/{name}"

    def _tags_file(self, repository: str) -> str | None:
        name = hashlib.sha256(repository.encode()).hexdigest()
        return None if self._folder is None else f"{self._folder}/tags/{name[:2]}/{name}"

    def _replace(self, file: str, content: bytes) -> None:
        parent = file.rpartition("/")[0]
        self._serial += 1
        temporary = f"{file}.{os.getpid()}.{self._serial}"
        with suppress(OSError):
            self._make(parent)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as opened:
                    opened.write(content)
                os.replace(temporary, file)  # noqa: PTH105  # as above
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise

    def _make(self, parent: str) -> None:
        """Make the folder of an entry, each level for its owner only."""
        if parent in self._made:
            return
        folder = Path(parent)
        for level in (folder.parent.parent, folder.parent, folder):  # the mode counts for the last folder only
            level.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._made.add(parent)


def _read(file: str) -> bytes:
    """Return a file with the fewest calls of the system: a listing reads thousands, most of them below one block."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        content = more = os.read(descriptor, _BLOCK)
        while len(more) == _BLOCK and len(content) <= _ENTRY_LIMIT:
            more = os.read(descriptor, _BLOCK)
            content += more
        return content
    finally:
        os.close(descriptor)


def _entries(folder: Path) -> list[tuple[float, int, str]]:
    """Return time, size and path of every entry, and of what a killed process has left."""
    found = list[tuple[float, int, str]]()
    with suppress(OSError):
        for parent, _, names in os.walk(folder):
            for name in names:
                path = f"{parent}/{name}"
                known = os.stat(path)  # noqa: PTH116  # as above
                found.append((known.st_mtime, known.st_size, path))
    return found
