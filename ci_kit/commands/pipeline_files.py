"""The roots that a command is given, and the project around them."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from ci_kit.commands import fetching
from ci_kit.commands.instance import host, known_variables
from ci_kit.commands.project_files import ProjectFiles
from ci_kit.errors import SourceError, UsageError
from ci_kit.language.project import Project
from ci_kit.language.scope import Scope
from ci_kit.source.reader import decode

PIPELINE = ".gitlab-ci.yml"
STDIN = "-"


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
        content = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
    except (OSError, ValueError) as error:
        hint = "give the file, or run where .gitlab-ci.yml is; ci-kit generate writes one"
        why = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"cannot be read: {why}", place=path, hint=hint) from error
    return name, decode(content, name)


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
