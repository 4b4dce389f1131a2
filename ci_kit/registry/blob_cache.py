"""Manifests and configurations on disk by digest, so that a later listing asks for what changed only.

A file is written whole or not at all, for its owner alone; what is read must have the digest that it is called by, so
that no entry can lie. What is new is kept in memory up to the end of a listing, and goes into one file then. A cache
that cannot be written is a slow one, no failure.
"""

import hashlib
import json
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ci_kit.model.grammar import DIGEST
from ci_kit.registry.pack import Pack, content_of, opened

_ENTRY_LIMIT = 1024 * 1024  # bytes; configurations are some KiB
_LARGEST = 16 * 1024 * 1024  # bytes that wait in memory, and of a file that is written anew with what comes
_LIMIT = 256 * 1024 * 1024  # bytes in all
_COUNT_LIMIT = 10_000  # files in all


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
        self._new = dict[str, bytes]()
        self._new_size = 0
        self._packs: dict[str, Pack] | None = None
        self._lock = threading.Lock()

    def read(self, digest: str) -> bytes | None:
        """Return the bytes of `digest`, None when they are not there or are not its own."""
        content = self._new.get(digest)
        if content is not None:
            return content
        try:
            content = self._known()[digest].read(digest)
        except (OSError, KeyError):
            return None
        return content if f"sha256:{hashlib.sha256(content).hexdigest()}" == digest else None

    def write(self, digest: str, content: bytes) -> None:
        """Keep `content`, whose digest the caller has computed; it is on disk after `keep` only."""
        if self._folder is None or not DIGEST.match(digest) or len(content) > _ENTRY_LIMIT:
            return
        with self._lock:
            self._new[digest] = content
            self._new_size += len(content)
            if self._new_size > _LARGEST:
                self._flush()

    def keep(self) -> None:
        """Write what is new, and remove the oldest files where there are too many; for the end of a listing."""
        with self._lock:
            if self._new and self._folder is not None:
                self._flush()
                self._prune(self._folder)

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

    def _known(self) -> Mapping[str, Pack]:
        """Return the file that has each digest."""
        found = self._packs
        if found is None:
            with self._lock:
                found = self._packs
                if found is None:
                    packs = opened(f"{self._folder}/packs") if self._folder else []
                    found = self._packs = {digest: pack for pack in packs for digest in pack.digests}
        return found

    def _flush(self) -> None:
        """Write one file of what is new and of the small files, so that they do not become many."""
        folder = f"{self._folder}/packs"
        new, size, absorbed = self._new, self._new_size, list[Pack]()
        for pack in sorted(opened(folder), key=lambda pack: pack.size):
            if pack.size <= 2 * size and size + pack.size <= _LARGEST:
                absorbed.append(pack)
                size += pack.size
                new = {digest: pack.read(digest) for digest in pack.digests} | new
            else:
                pack.close()
        self._new, self._new_size = {}, 0
        is_written = self._replace(f"{folder}/{time.time_ns():020}-{os.getpid()}", content_of(new))
        self._packs = None
        for pack in absorbed:
            pack.close()
            with suppress(OSError):
                if is_written:
                    Path(pack.path).unlink()

    def _prune(self, folder: Path) -> None:
        size = 0
        for number, (_, length, path) in enumerate(sorted(_entries(folder), reverse=True)):
            size += length
            if size > self._limit or number >= self._count_limit:
                with suppress(OSError):
                    Path(path).unlink()

    def _tags_file(self, repository: str) -> str | None:
        name = hashlib.sha256(repository.encode()).hexdigest()
        return None if self._folder is None else f"{self._folder}/tags/{name}"

    def _replace(self, file: str, content: bytes) -> bool:
        """Tell whether `file` could be written."""
        temporary = f"{file}.{os.getpid()}"
        with suppress(OSError):
            _make(Path(file).parent)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as opened:
                    opened.write(content)
                os.replace(temporary, file)  # noqa: PTH105  # the names are text
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
            return True
        return False


def _make(folder: Path) -> None:
    """Make the folder of a file, each level for its owner only."""
    for level in (folder.parent, folder):  # the mode counts for the last folder only
        level.mkdir(parents=True, exist_ok=True, mode=0o700)


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
