"""The roots that a command is given, and the project around them."""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from ci_kit.commands import fetching
from ci_kit.commands.instance import host, known_variables
from ci_kit.commands.project_files import ProjectFiles
from ci_kit.errors import SourceError, UsageError
from ci_kit.language.project import Project
from ci_kit.language.scope import Scope
from ci_kit.source.reader import READ, decode

PIPELINE = ".gitlab-ci.yml"
STDIN = "-"
T = TypeVar("T")


def add_reading_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where includes are read from."""
    parser.add_argument("--root", metavar="DIR", help="where local includes start (default: the git root)")
    fetching.add_arguments(parser)


def read_root(path: str) -> tuple[str, str]:
    """Return the name of a root and its text; `-` is stdin.

    Raises:
        SourceError: there is no such file, it may not be read, or it is not UTF-8.

    """
    name = "<stdin>" if path == STDIN else path
    try:
        content = sys.stdin.buffer.read(READ) if path == STDIN else _beginning(Path(path))
    except (OSError, ValueError) as error:
        hint = "give the file, or run where .gitlab-ci.yml is; ci-kit generate writes one"
        why = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"cannot be read: {why}", place=path, hint=hint) from error
    return name, decode(content, name)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(READ)


def read_each(paths: Iterable[str], use: Callable[[str], T]) -> tuple[list[T], SourceError | None]:
    """Return what comes of the files, and one error for those that cannot be read; None when all can."""
    made: list[T] = []
    errors: list[SourceError] = []
    for path in paths:
        try:
            made.append(use(path))
        except SourceError as error:
            errors.append(error)
    return made, _together(errors) if errors else None


def _together(errors: Sequence[SourceError]) -> SourceError:
    """Return one error, which says why of the first file and names the others."""
    first, *others = errors
    if not others:
        return first
    names = ", ".join(error.place for error in others)
    return SourceError(f"{first.message} ({len(others)} more: {names})", place=first.place, hint=first.hint)


def root_folder(given: str | None) -> Path:
    """Return where local includes start: the folder that is given, else the git root, else the current folder.

    Raises:
        UsageError: what is given is no folder.

    """
    if given is None:
        here = Path().resolve()
        return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), here)
    if not Path(given).is_dir():
        raise UsageError(f"{given!r} is not a directory", place="--root", hint="give the project's root")
    return Path(given)


def project_of(
    files: ProjectFiles, arguments: argparse.Namespace, environ: Mapping[str, str], texts: dict[str, str]
) -> Project:
    """Return the project with what the flags say of includes; `texts` gets what is read, by the names in findings.

    Raises:
        UsageError: a flag is wrong. Nothing was read.

    """

    def read(path: str) -> str | None:
        text = files.read(path)
        if text is not None:
            texts[path] = text
        return text

    scope, fetcher = Scope(known_variables(environ)), fetching.fetcher(arguments, environ, texts)
    return Project(read, files.paths, scope, fetcher, host(environ))
