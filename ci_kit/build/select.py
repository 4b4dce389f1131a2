"""Choosing the builder: the one that is asked for, or the first that can work here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ci_kit.build.builders import BUILDERS
from ci_kit.build.buildkit import BuildKit
from ci_kit.build.workshop import Lack, Workshop
from ci_kit.errors import BuildError
from ci_kit.model.builder import Builder, Output

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Choice:
    """The builder whose images count as this run's, and what each that was asked lacks, in the order of asking.

    Where no builder can work, `name` is still that of the first: what it built elsewhere may be here already.
    """

    name: str
    lacks: Mapping[str, Sequence[Lack]]

    def builder(self, workshop: Workshop, output: Output) -> Builder:
        """Return the builder; BuildError names for every one what is missing and the fix when none can work."""
        if self.lacks[self.name]:
            raise _nothing_works(self.lacks)
        for name, lacks in self.lacks.items():
            for lack in lacks:
                output(f"not with {name}: {lack.what}")
        return BUILDERS[self.name](workshop)


def choose(asked: str, environ: Mapping[str, str], buildkit: BuildKit) -> Choice:
    """Return the builder `asked`, for `auto` the first that lacks nothing. No daemon is asked."""
    if asked not in (AUTO, *BUILDERS):
        raise BuildError(f"there is no builder {asked!r}", hint=f"choose {AUTO}, {' or '.join(BUILDERS)}")
    lacks: dict[str, Sequence[Lack]] = {}
    for name in BUILDERS if asked == AUTO else (asked,):
        lacks[name] = BUILDERS[name].missing(environ, buildkit)
        if not lacks[name]:
            return Choice(name, lacks)
    return Choice(next(iter(lacks)), lacks)


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
