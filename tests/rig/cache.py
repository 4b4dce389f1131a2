"""The cache: what takes long to make is made once per content of its inputs and shared by every rig of this user."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

HASH_LENGTH = 16  # hexadecimal digits in a folder's name
UNUSED_DAYS = 14  # after which something of other inputs goes


def folder(environ: Mapping[str, str]) -> Path:
    """The cache of this user: CI_KIT_RIG_CACHE, else ci-kit-rig in the XDG cache folder; it exists afterwards."""
    base = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = Path(environ.get("CI_KIT_RIG_CACHE") or base / "ci-kit-rig")
    path.mkdir(parents=True, exist_ok=True)
    return path


def digest(*inputs: str | bytes) -> str:
    """The name of the folder for these inputs: the start of a SHA-256 over all of them, in order."""
    total = hashlib.sha256()
    for item in inputs:
        data = item.encode() if isinstance(item, str) else item
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()[:HASH_LENGTH]


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the advisory lock `path` for the block; the kernel frees it when the process dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def entry(cache: Path, name: str, inputs: str, make: Callable[[Path], None]) -> Path:
    """The folder `<cache>/<inputs>/<name>`, filled by `make(temporary folder)` when no one did so before.

    A folder that is there is whole: it appears by a rename. What a killed `make` left is removed by the next one.

    Raises:
        RigError: `make` failed; the cache is as before.
    """
    home = cache / inputs
    home.mkdir(parents=True, exist_ok=True)
    done = home / name
    with lock(home / f".{name}.lock"):
        if done.is_dir():
            os.utime(done)
            return done
        unfinished = home / f".{name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        try:
            make(unfinished)
            unfinished.rename(done)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    prune(cache, name)
    return done


def prune(cache: Path, name: str) -> None:
    """Remove every `name` of other inputs that nobody used for UNUSED_DAYS."""
    oldest = time.time() - UNUSED_DAYS * 24 * 3600
    for old in cache.glob(f"*/{name}"):
        if old.stat().st_mtime < oldest:
            shutil.rmtree(old.parent, ignore_errors=True)
