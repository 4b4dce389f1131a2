"""`ci-kit init`: a first .ci-kit.yml for the Dockerfiles that are here."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from ci_kit.config import dockerfiles, first, load
from ci_kit.errors import EXIT_OK, UsageError
from ci_kit.report import file

HELP = "Write a first .ci-kit.yml for the Dockerfiles found here and below; what git ignores is left out."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the one choice: print instead of write."""
    parser.add_argument("--print", action="store_true", dest="show", help="print the file, write nothing")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Write or print the file; UsageError when there is one already, or no Dockerfile."""
    root = Path()
    found = dockerfiles.find(root, environ)
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
