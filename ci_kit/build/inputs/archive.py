"""A context packed for the daemon's classic builder: by Docker's own rules, so that what is sent is what was hashed.

The docker package reads no `<Dockerfile>.dockerignore`, and its patterns ignore case.
Sources: Docker Engine API, "ImageBuild"; docker docs "Build context: .dockerignore files".
"""

import io
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from ci_kit.build.inputs import dockerignore
from ci_kit.build.inputs.sent import unreadable, walk
from ci_kit.errors import BuildError

_ELSEWHERE = ".dockerfile.ci-kit"  # what a Dockerfile is called that lies outside the context


class Archive(NamedTuple):
    """An open tar file at its beginning, and where in it the Dockerfile stands."""

    file: IO[bytes]
    dockerfile: str


@contextmanager
def packed(context: Path, dockerfile: Path, instead: bytes | None = None) -> Iterator[Archive]:
    """Yield the context as it is sent, with the Dockerfile and `.dockerignore` whatever the rules say of them.

    `instead` is sent in the Dockerfile's place. BuildError names what cannot be read.
    """
    with tempfile.TemporaryFile(prefix="ci-kit-context-") as file:
        with tarfile.open(mode="w", fileobj=file) as archive:
            name = _fill(archive, context, dockerfile, instead)
        file.seek(0)
        yield Archive(file, name)


def _fill(archive: tarfile.TarFile, context: Path, dockerfile: Path, instead: bytes | None) -> str:
    """Return the name of the Dockerfile in the archive that this fills."""
    inside = dockerfile.is_relative_to(context)
    name = dockerfile.relative_to(context).as_posix() if inside else _ELSEWHERE
    paths = _sent(context, dockerignore.read(context, dockerfile)) | {name}
    if (context / dockerignore.NAME).is_file():
        paths.add(dockerignore.NAME)
    if inside and instead is not None:
        paths -= {name}
        _add_text(archive, name, instead)
    if not inside:
        paths -= {name, dockerignore.NAME}
        _add_text(archive, name, _bytes(dockerfile) if instead is None else instead)
        _add_text(archive, dockerignore.NAME, _also_ignoring(context / dockerignore.NAME, name))
    for path in sorted(paths):
        _add(archive, context, path)
    return name


def _sent(context: Path, rules: dockerignore.Rules) -> set[str]:
    listing = walk(str(context), rules)
    files = {file.path for file in listing.files}
    return files | {path for path, _ in listing.sent_folders({path.rpartition("/")[0] for path in files})}


def _add(archive: tarfile.TarFile, context: Path, path: str) -> None:
    """Add one file, link or folder; a socket and what went away meanwhile are not sent."""
    where = context / path
    try:
        item = archive.gettarinfo(str(where), arcname=path)
        if item is None:
            return
        item.mtime = int(item.mtime)
        if item.isreg():
            with where.open("rb") as file:
                archive.addfile(item, file)
        else:
            archive.addfile(item)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno is None:  # of tarfile itself: fewer bytes than there were
            hint = "let nothing write into the context during a build"
            raise BuildError(f"{path} changes while it is read", hint=hint) from error
        raise unreadable(path, error.strerror) from error


def _add_text(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    item = tarfile.TarInfo(name)
    item.size = len(content)
    archive.addfile(item, io.BytesIO(content))


def _also_ignoring(path: Path, name: str) -> bytes:
    """Return a `.dockerignore` by which the daemon takes our file away before the build begins."""
    there = _bytes(path) if path.is_file() else dockerignore.NAME.encode()
    return there + f"\n{name}\n".encode()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(str(path), error.strerror) from error
