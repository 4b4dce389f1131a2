"""What commands that publish images print, and tell GitLab, when they are done."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci_kit.build.tell import asked, tell
from ci_kit.config.settings import RecordSettings
from ci_kit.errors import CiKitError
from ci_kit.gitlab_api.result import Result


def say(text: str) -> None:
    """Print a line for people, who read stderr."""
    print(text, file=sys.stderr, flush=True)


def show(found: Result, form: str) -> None:
    """Print the one value to pipe of each image, or the whole result as JSON."""
    if form == "json":
        print(found.as_text(), end="", flush=True)
        return
    for record in found.records:
        say(f"{record.name}: {', '.join(record.tags)} -> {record.digest} ({record.seconds:.1f} s)")
        print(record.pinned, flush=True)


def record(
    found: Result, failures: Sequence[CiKitError], to: RecordSettings, environ: Mapping[str, str], command: str
) -> None:
    """Tell GitLab of the images that are there, then raise the first failure of the others."""
    try:
        tell(found, Path(to.result) if to.result else None, asked(to), environ, say)
    finally:
        for failure in failures[1:]:
            say(f"ci-kit {command}: error: {failure}")
        if failures:
            raise failures[0]
