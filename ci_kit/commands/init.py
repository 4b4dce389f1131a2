"""`ci-kit init`: a first .ci-kit.yml for the Dockerfiles that are here."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from ci_kit.config import first, load
from ci_kit.errors import EXIT_OK, UsageError
from ci_kit.report import file

HELP = "Write a first .ci-kit.yml for the Dockerfiles found here and below; what git ignores is left out."

_SECONDS = 20
_NOT_OURS = ("node_modules", "vendor")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the one choice: print instead of write."""
    parser.add_argument("--print", action="store_true", dest="show", help="print the file, write nothing")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Write or print the file; UsageError when there is one already, or no Dockerfile."""
    root = Path()
    found = sorted(_dockerfiles(root, environ))
    if not found:
        raise UsageError(f"there is no Dockerfile in {root.resolve()} or below", hint="write one, then run this again")
    text = first.text(found)
    if arguments.show:
        sys.stdout.write(text)
        return EXIT_OK
    if load.find(root):
        raise UsageError("is there already", place=load.FILE_NAME, hint="see what would be written with --print")
    file.write(root / load.FILE_NAME, text)
    print(f"ci-kit init: wrote {load.FILE_NAME} with {len(found)} image(s) -> ci-kit generate", file=sys.stderr)
    return EXIT_OK


def _dockerfiles(root: Path, environ: Mapping[str, str]) -> Iterator[PurePosixPath]:
    for path in _of_git(root, environ) or _of_folders(root):
        hidden = any(part.startswith(".") for part in path.parts)
        if first.is_dockerfile(path.name) and not hidden and (root / path).is_file():
            yield path


def _of_git(root: Path, environ: Mapping[str, str]) -> list[PurePosixPath]:
    """Return the files git knows or would add; empty when git cannot say."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, env=dict(environ), check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [PurePosixPath(os.fsdecode(name)) for name in set(done.stdout.split(b"\0")) if name]


def _of_folders(root: Path) -> Iterator[PurePosixPath]:
    """Return all files below `root`, without hidden folders and those of package managers."""
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _NOT_OURS]
        for name in names:
            yield PurePosixPath((Path(folder) / name).relative_to(root).as_posix())
