"""What publishing needs of a builder and of a registry."""

from collections.abc import Callable
from typing import Protocol

from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan

Output = Callable[[str], None]


class Builder(Protocol):
    """Something that turns a plan into an image and sends it to the plan's registry."""

    @property
    def name(self) -> str:
        """The word by which `--builder` knows it."""
        ...

    def build(self, plan: BuildPlan, output: Output) -> None:
        """Build `plan.image`; BuildError or DaemonError when it cannot, and nothing is pushed."""
        ...

    def push(self, image: ImageRef, output: Output, stuck: Callable[[], None]) -> str:
        """Push `image`, return the digest it claims; RegistryError when it cannot. `stuck` may raise the cause."""
        ...
