"""Choosing the builder: the one that is asked for, or the first that can work here."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import NamedTuple

from ci_kit.build.builders import BUILDERS
from ci_kit.build.machine.lack import Lack
from ci_kit.build.options.buildkit import BuildKit
from ci_kit.build.workshop import Workshop
from ci_kit.errors import BuildError, CiKitError
from ci_kit.model.builder import Builder, Output

AUTO = "auto"


class Choice(NamedTuple):
    """The builder whose images count as this run's; `is_ours` tells that nobody asked for it by its name.

    `lacks` tells for each builder in the order of asking what it lacks; one that was asked for by its name is only
    tried when it is needed. Where no builder can work, `name` is still that of the first: what it built elsewhere may
    be here already.
    """

    name: str
    lacks: Callable[[], Mapping[str, Sequence[Lack]]]
    is_ours: bool = False

    def builder(self, workshop: Workshop, output: Output) -> Builder:
        """Return the builder; BuildError names for every one what is missing and the fix when none can work."""
        found = self.lacks()
        if found[self.name]:
            raise _nothing_works(found)
        for name, lacks in found.items():
            for lack in lacks:
                output(f"not with {name}: {lack.what}")
        if self.is_ours:
            output(f"builder: {self.name}, the first that lacks nothing here")
        return BUILDERS[self.name]()(workshop)


class Bench:
    """The builder of one run: its workshop is opened when the first image needs it, and closed by `closing`."""

    def __init__(
        self, choice: Choice, open: Callable[[], AbstractContextManager[Workshop]], closing: ExitStack
    ) -> None:
        self.choice = choice
        self.open = open
        self.closing = closing
        self._made: Builder | CiKitError | None = None
        self._lock = threading.Lock()

    def builder(self, output: Output) -> Builder:
        """Return the builder, the same to every thread; BuildError, to every one, when none can work."""
        with self._lock:
            if self._made is None:
                self._made = self._make(output)
        if isinstance(self._made, CiKitError):
            raise self._made
        return self._made

    def _make(self, output: Output) -> Builder | CiKitError:
        try:
            return self.choice.builder(self.closing.enter_context(self.open()), output)
        except CiKitError as error:
            return error


def choose(asked: str, environ: Mapping[str, str], buildkit: BuildKit) -> Choice:
    """Return the builder `asked`, for `auto` the first that lacks nothing. No daemon is asked."""
    if asked not in (AUTO, *BUILDERS):
        raise BuildError(f"there is no builder {asked!r}", hint=f"choose {AUTO}, {' or '.join(BUILDERS)}")
    if asked != AUTO:
        return Choice(asked, lambda: {asked: BUILDERS[asked]().missing(environ, buildkit)})
    lacks: dict[str, Sequence[Lack]] = {}
    for name in BUILDERS:
        lacks[name] = BUILDERS[name]().missing(environ, buildkit)
        if not lacks[name]:
            return Choice(name, lambda: lacks, is_ours=True)
    return Choice(next(iter(lacks)), lambda: lacks, is_ours=True)


def _nothing_works(lacks: Mapping[str, Sequence[Lack]]) -> BuildError:
    """Return the failure that says of each builder what it lacks and what to do about it."""
    if len(lacks) == 1:
        ((name, found),) = lacks.items()
        hint = " and ".join(lack.fix for lack in found) + "; or use --builder auto"
        return BuildError(f"the builder {name} cannot work here: {_joined(found)}", hint=hint)
    said = "; ".join(f"{name}: {_joined(found)}" for name, found in lacks.items())
    fixes = "; or ".join(f"for {name} {' and '.join(lack.fix for lack in found)}" for name, found in lacks.items())
    return BuildError(f"no builder can work here: {said}", hint=fixes)


def _joined(lacks: Sequence[Lack]) -> str:
    return ", ".join(lack.what for lack in lacks)
