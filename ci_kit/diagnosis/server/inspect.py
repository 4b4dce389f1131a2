"""All rules on the files of a server: what does not fit, most grave first."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ci_kit.diagnosis.server import server as files
from ci_kit.diagnosis.server.rules import RULES, rule
from ci_kit.diagnosis.server.setting import Mismatch
from ci_kit.errors import UsageError

_LAST = ("server-buffering",)  # it works, but slowly


@dataclass(frozen=True, slots=True)
class Inspected:
    """One rule's outcome and how long it took."""

    id: str
    found: tuple[Mismatch, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Inspection:
    """The files that were read, and what each rule found."""

    files: tuple[str, ...]
    rules: tuple[Inspected, ...]

    @property
    def mismatches(self) -> list[Mismatch]:
        """Everything that does not fit, each once, most grave first."""
        found = dict.fromkeys(one for inspected in self.rules for one in inspected.found)
        return sorted(found, key=lambda one: one.cause in _LAST)


def inspect(folder: Path) -> Inspection:
    """Return what the files below `folder` say; UsageError when it is none, or holds no file of a server."""
    if not folder.is_dir():
        raise UsageError(f"{str(folder)!r} is no folder", place="--server", hint="name the folder with gitlab.rb")
    found = files.read(folder)
    if not found.files:
        hint = "it should hold gitlab.rb, files of nginx, compose.yml or the registry's config.yml"
        raise UsageError(f"{str(folder)!r} has no file of a server", place="--server", hint=hint)
    return Inspection(tuple(found.files), tuple(_rules(found)))


def _rules(found: files.Server) -> Iterator[Inspected]:
    yield Inspected("syntax", tuple(found.broken), 0.0)
    for name in RULES:
        begin = time.monotonic()
        mismatches = tuple(rule(name)(found))
        yield Inspected(name, mismatches, time.monotonic() - begin)
