"""The classic builder of the daemon, through the docker package."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ci_kit.build.engine import Engine
from ci_kit.model.builder import Output
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.registry.auth import Credentials


@dataclass(frozen=True, slots=True)
class Docker:
    """Builds and pushes in one daemon; needs nothing but its API."""

    engine: Engine
    credentials: Credentials
    environ: Mapping[str, str]
    name = "docker"

    @staticmethod
    def missing(environ: Mapping[str, str]) -> str:
        """Return what this builder lacks here, empty when it can work."""
        return ""

    def build(self, plan: BuildPlan, output: Output) -> None:
        """Build `plan.image` into the daemon."""
        self.engine.build(plan, output)

    def push(self, image: ImageRef, output: Output, stuck: Callable[[], None]) -> str:
        """Push `image` from the daemon and return the digest it reports."""
        return self.engine.push(image, self.credentials, output, stuck)
