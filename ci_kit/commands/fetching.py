"""The flags that say where includes of other projects and of the web come from, and the fetcher that they make."""

import argparse
from collections.abc import Callable, Mapping
from functools import cache

from ci_kit.model.fetch import Fetched, Fetcher, NotFound, Request, Unreachable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags; without any of them nothing but the project's own files is read, and nobody is asked."""
    parser.add_argument(
        "--include-path",
        action="append",
        metavar="PROJECT=DIR",
        help="read includes and components of PROJECT from a checkout: at the tag, branch or commit if DIR has it",
    )
    parser.add_argument(
        "--cache",
        nargs="?",
        const="",
        metavar="DIR",
        help="keep what --fetch brings, and read it from there later (default: below $XDG_CACHE_HOME/ci-kit/includes)",
    )
    parser.add_argument("--fetch", action="store_true", help="ask GitLab ($CI_SERVER_URL) and the web for includes")
    parser.add_argument("--allow-private", action="store_true", help="let --fetch ask addresses of private networks")


def fetcher(arguments: argparse.Namespace, environ: Mapping[str, str], texts: dict[str, str]) -> Fetcher:
    """Return the fetcher that the flags ask for; `texts` gets what it finds, by the names that findings have.

    Raises:
        UsageError: a flag is wrong.

    """
    made = _Later(lambda: _sources(arguments, environ, texts))
    if arguments.include_path or arguments.cache is not None or arguments.fetch:
        made.behind()  # what is wrong with a flag is told before anything is read
    return made


class _Later:
    """A fetcher that is made when an include needs it: most files have none that lies elsewhere."""

    def __init__(self, make: Callable[[], Fetcher]) -> None:
        self.behind = cache(make)

    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        return self.behind().fetch(request)

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        return self.behind().paths(project, commit)


def _sources(arguments: argparse.Namespace, environ: Mapping[str, str], texts: dict[str, str]) -> Fetcher:
    from ci_kit.commands.include_sources import sources

    return sources(arguments, environ, texts)
