"""The classic builder of the daemon, which needs nothing but its API."""

from collections.abc import Callable, Mapping, Sequence

from ci_kit.build.engine import Engine
from ci_kit.build.inputs import pinned
from ci_kit.build.inputs.label_line import Labelled, labelled
from ci_kit.build.machine import daemon_named
from ci_kit.build.machine.lack import Lack
from ci_kit.build.options import attestations, cache_options, one_platform, proxies, secret_mounts
from ci_kit.build.options.buildkit import BuildKit
from ci_kit.build.workshop import Workshop
from ci_kit.model.builder import Output
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.registry import credentials
from ci_kit.registry.auth import ANONYMOUS, Credentials


class Docker:
    """Builds and pushes in one daemon."""

    name = "docker"

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    @staticmethod
    def missing(environ: Mapping[str, str], buildkit: BuildKit) -> Sequence[Lack]:
        """Return what this builder lacks here, empty when it can work."""
        return daemon_named.missing(environ)

    def prepare(self) -> None:
        """Begin to wait for the daemon."""
        self.workshop.expect_engine()

    def build(self, plan: BuildPlan, output: Output) -> None:
        """Build `plan.image` into the daemon; BuildError for what only BuildKit can do.

        It gets a Dockerfile with the pinned images, as it takes them no other way, and the labels, as it is quicker so.
        """
        secret_mounts.refuse(plan)
        one_platform.require(plan, "the classic builder", "use --builder buildx")
        attestations.refuse(plan, "the classic builder", "use --builder buildx")
        engine, environ = self.workshop.engine(), self.workshop.environ
        found = self._earlier(plan, engine, output)
        text = pinned.dockerfile(plan, environ)
        # A stage that is not the last one has its end in the middle of the file.
        sent = Labelled(text, plan.labels) if plan.target else labelled(text, plan.labels)
        told = plan._replace(build_args={**proxies.of(environ), **plan.build_args}, labels=sent.others)
        logins = credentials.every(environ)
        engine.build(told, output, sent.text.encode("utf-8", "surrogateescape"), logins, found)

    def push(self, plan: BuildPlan, output: Output, stuck: Callable[[], None]) -> str:
        """Push `plan.image` from the daemon and return the digest it reports."""
        return self.workshop.engine().push(plan.image, self._login(plan.image), output, stuck)

    def _earlier(self, plan: BuildPlan, engine: Engine, output: Output) -> list[ImageRef]:
        """Return the earlier images whose steps may be taken again, after those that are not there were pulled.

        With the image store of containerd the classic builder of Docker 28 fails where it takes one.
        """
        earlier = cache_options.images(plan.cache, self.workshop.has)
        if not earlier or engine.has_containerd_store:
            return []
        return [image for image in earlier if engine.has(image) or engine.pull(image, self._login(image), output)]

    def _login(self, image: ImageRef) -> Credentials:
        return self.workshop.logins.get(image.registry, ANONYMOUS)
