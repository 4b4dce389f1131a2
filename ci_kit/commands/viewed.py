"""A root as `ci-kit view` shows it."""

from typing import NamedTuple

from ci_kit.language.analyse import Pipeline
from ci_kit.language.simulate import Simulation
from ci_kit.language.workflow import Asked
from ci_kit.model.place import Place
from ci_kit.source.value import Mark

ANSWERS = {True: "yes", False: "no", None: "maybe"}


class Viewed(NamedTuple):
    """A root that GitLab takes, the event that is asked about, and its pipeline; both None without --for."""

    pipeline: Pipeline
    asked: Asked | None = None
    simulation: Simulation | None = None


def place_of(at: Mark) -> str:
    """Return a place as `file:line:column`."""
    return str(Place.of(at)) if at[4] else ""
