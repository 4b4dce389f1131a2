"""A context packed for the daemon's classic builder: by Docker's own rules, so that what is sent is what was hashed.

The docker package reads no `<Dockerfile>.dockerignore`, and its patterns ignore case.
Sources: Docker Engine API, "ImageBuild"; docker docs "Build context: .dockerignore files".
"""

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

from ci_kit.build.inputs import dockerignore
from ci_kit.build.inputs.sent import unreadable, walk
from ci_kit.errors import BuildError

_ELSEWHERE = ".dockerfile.ci-kit"  # what a Dockerfile is called that lies outside the context
_PIECE = 256 * 1024  # bytes that are sent at once
_END = bytes(2 * tarfile.BLOCKSIZE)


class Archive(NamedTuple):
    """A tar file in pieces, read from the context as they are taken, and where in it the Dockerfile stands."""

    pieces: Iterator[bytes]
    dockerfile: str


def packed(context: Path, dockerfile: Path, text: bytes) -> Archive:
    """Return the context as it is sent, with the Dockerfile and `.dockerignore` whatever the rules say of them.

    `text` is sent in the Dockerfile's place. Taking the pieces raises BuildError for what cannot be read.
    """
    inside = dockerfile.is_relative_to(context)
    name = dockerfile.relative_to(context).as_posix() if inside else _ELSEWHERE
    texts = {name: text}
    if not inside:
        texts[dockerignore.NAME] = _also_ignoring(context / dockerignore.NAME, name)
    return Archive(_joined(_members(context, dockerfile, texts)), name)


def _members(context: Path, dockerfile: Path, texts: Mapping[str, bytes]) -> Iterator[bytes]:
    """Yield the members: `texts` by their names, then what is sent of the context beside them."""
    paths = _sent(context, dockerignore.read(context, dockerfile))
    if (context / dockerignore.NAME).is_file():
        paths.add(dockerignore.NAME)
    for path, content in texts.items():
        yield from _text(path, content)
    with tarfile.open(mode="w", fileobj=io.BytesIO()) as archive:  # knows which files are links to one
        for path in sorted(paths - texts.keys()):
            yield from _member(archive, context, path)
    yield _END


def _joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces that are worth a call of the system each."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _sent(context: Path, rules: dockerignore.Rules) -> set[str]:
    listing = walk(str(context), rules)
    files = {file.path for file in listing.files}
    return files | {path for path, _ in listing.sent_folders({path.rpartition("/")[0] for path in files})}


def _member(archive: tarfile.TarFile, context: Path, path: str) -> Iterator[bytes]:
    """Yield one file, link or folder; a socket and what went away meanwhile are not sent."""
    where = context / path
    try:
        item = archive.gettarinfo(str(where), arcname=path)
        if item is None:
            return
        item.mtime = int(item.mtime)
        if not item.isreg():
            yield _header(item)
            return
        with where.open("rb") as file:
            yield _header(item)
            yield from _content(file, item)
    except FileNotFoundError:
        return
    except OSError as error:
        raise unreadable(path, error.strerror) from error


def _content(file: IO[bytes], item: tarfile.TarInfo) -> Iterator[bytes]:
    """Yield as many bytes as the header of `item` says."""
    left = item.size
    while left:
        piece = file.read(min(left, _PIECE))
        if not piece:
            hint = "let nothing write into the context during a build"
            raise BuildError(f"{item.name} changes while it is read", hint=hint)
        left -= len(piece)
        yield piece
    yield bytes(-item.size % tarfile.BLOCKSIZE)


def _text(name: str, content: bytes) -> Iterator[bytes]:
    item = tarfile.TarInfo(name)
    item.size = len(content)
    yield _header(item)
    yield from _content(io.BytesIO(content), item)


def _header(item: tarfile.TarInfo) -> bytes:
    return item.tobuf(tarfile.DEFAULT_FORMAT, "utf-8", "surrogateescape")


def _also_ignoring(path: Path, name: str) -> bytes:
    """Return a `.dockerignore` by which the daemon takes our file away before the build begins."""
    there = _bytes(path) if path.is_file() else dockerignore.NAME.encode()
    return there + f"\n{name}\n".encode()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(str(path), error.strerror) from error
