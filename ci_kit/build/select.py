"""Choosing the builder: the one that is asked for, or the first that can work here."""

from collections.abc import Mapping

from ci_kit.build.builders import BUILDERS
from ci_kit.build.engine import Engine
from ci_kit.errors import BuildError
from ci_kit.model.builder import Builder, Output
from ci_kit.registry.auth import Credentials


def choose(asked: str, environ: Mapping[str, str], output: Output) -> str:
    """Return the name of the builder `asked`, for `auto` the first that lacks nothing; BuildError says what is missing.

    No daemon is asked.
    """
    for name, kind in BUILDERS.items():
        if asked not in (name, "auto"):
            continue
        missing = kind.missing(environ)
        if not missing:
            return name
        if asked == name:
            raise BuildError(f"the builder {name} cannot work here: {missing}", hint="use --builder auto")
        output(f"not with {name}: {missing}")
    raise BuildError(f"there is no builder {asked!r}", hint=f"choose auto, {' or '.join(BUILDERS)}")


def select(asked: str, engine: Engine, credentials: Credentials, environ: Mapping[str, str], output: Output) -> Builder:
    """Return the builder that `choose` names, at work with `engine`."""
    return BUILDERS[choose(asked, environ, output)](engine, credentials, environ)
