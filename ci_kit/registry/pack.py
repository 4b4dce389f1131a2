"""Many small blobs in one file: a line of JSON with the digest and length of each, then their bytes.

A thousand files are made in 0.6 s and read in 0.1 s; one with all of them takes a few milliseconds.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress

_INDEX_LIMIT = 64 * 1024 * 1024  # bytes


class Pack:
    """An open file of blobs, to be read by any number of threads, also after it was removed."""

    def __init__(self, path: str) -> None:
        """Read the index; OSError or ValueError where there is none."""
        self.path = path
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self.size = os.fstat(self._file).st_size
            self._places = dict(_places(self._index()))
        except BaseException:
            self.close()
            raise

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests of what is in it."""
        return tuple(self._places)

    def read(self, digest: str) -> bytes:
        """Return what it has for a digest, unchecked; OSError or KeyError when it has nothing."""
        offset, length = self._places[digest]
        return os.pread(self._file, length, offset)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _index(self) -> bytes:
        """Return the first line with its end."""
        line = b""
        while not line.endswith(b"\n") and len(line) < _INDEX_LIMIT:
            more = os.pread(self._file, 64 * 1024, len(line))
            if not more:
                raise ValueError("no index")
            begin, end, _ = more.partition(b"\n")
            line += begin + end
        return line


def _places(index: bytes) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield each digest with offset and length."""
    offset = len(index)
    for digest, length in json.loads(index):
        if not isinstance(digest, str) or type(length) is not int or length < 0:
            raise ValueError("no index")
        yield digest, (offset, length)
        offset += length


def content_of(blobs: Mapping[str, bytes]) -> bytes:
    """Return the bytes of a pack."""
    index = json.dumps([(digest, len(content)) for digest, content in blobs.items()], separators=(",", ":"))
    return b"".join((index.encode(), b"\n", *blobs.values()))


def opened(folder: str) -> list[Pack]:
    """Return the packs of a folder, the oldest first; what is none is left out."""
    packs = list[Pack]()
    with suppress(OSError):
        for name in sorted(os.listdir(folder)):  # noqa: PTH208  # names alone, which sort by age
            with suppress(OSError, ValueError, TypeError, RecursionError):
                packs.append(Pack(f"{folder}/{name}"))
    return packs
