"""The classic builder of the daemon, through the docker package."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ci_kit.build import daemon_named, pinned
from ci_kit.build.buildkit import BuildKit
from ci_kit.build.workshop import Lack, Workshop
from ci_kit.model.builder import Output
from ci_kit.model.plan import BuildPlan


@dataclass(frozen=True, slots=True)
class Docker:
    """Builds and pushes in one daemon; needs nothing but its API."""

    workshop: Workshop
    name = "docker"

    @staticmethod
    def missing(environ: Mapping[str, str], buildkit: BuildKit) -> Sequence[Lack]:
        """Return what this builder lacks here, empty when it can work."""
        return daemon_named.missing(environ)

    def build(self, plan: BuildPlan, output: Output) -> None:
        """Build `plan.image` into the daemon; it gets a Dockerfile with the pinned images, as it takes no other way."""
        self.workshop.engine().build(plan, output, pinned.dockerfile(plan, self.workshop.environ))

    def push(self, plan: BuildPlan, output: Output, stuck: Callable[[], None]) -> str:
        """Push `plan.image` from the daemon and return the digest it reports."""
        login = self.workshop.logins[plan.image.registry]
        return self.workshop.engine().push(plan.image, login, output, stuck)
