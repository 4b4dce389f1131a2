"""What stands between the verified first tag of an image and its other tags."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from ci_kit.build.machine import command
from ci_kit.build.machine.command import Ended
from ci_kit.errors import BuildError, UsageError
from ci_kit.model.builder import Output
from ci_kit.model.check import Check


class Pushed(NamedTuple):
    """An image that is in the registry: its `name` in the settings, and `pinned`, `host/path@sha256:…`.

    `environ` has a DOCKER_CONFIG with the logins of the run; `folder` is private and goes after the check.
    """

    name: str
    pinned: str
    environ: Mapping[str, str]
    folder: Path


class Gate(Protocol):
    """One check; any thread may call it."""

    def check(self, image: Pushed, output: Output) -> Check:
        """Return what was found; a failed check is returned, not raised."""
        ...


def require(program: str, wanted: str, environ: Mapping[str, str]) -> None:
    """Raise UsageError when `program` is not there: before anything is built for it."""
    if not has(program, environ):
        hint = f"use a job image that has {program} beside ci-kit, or leave it out"
        raise UsageError(f"{wanted} needs {program}, and there is no such command here", hint=hint)


def has(program: str, environ: Mapping[str, str]) -> bool:
    """Tell whether `program` is on the PATH of the job."""
    return shutil.which(program, path=environ.get("PATH")) is not None


def run(words: Sequence[str], environ: Mapping[str, str], output: Output) -> Ended:
    """Run a program to its end; one that does not start ends with 127, as in a shell."""
    try:
        return command.run(words, environ, output)
    except BuildError as error:
        return Ended(127, (error.message,), words[0])
