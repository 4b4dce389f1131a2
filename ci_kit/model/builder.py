"""What publishing needs of a builder and of a registry."""

from collections.abc import Callable
from typing import Protocol

from ci_kit.model.plan import BuildPlan

Output = Callable[[str], None]

PASSING = "\r"  # begins a line that holds only until the next one: a terminal shows it, a log now and then


class Builder(Protocol):
    """Something that turns plans into images and sends them to their registries, several at once if need be."""

    @property
    def name(self) -> str:
        """The word by which `--builder` knows it."""
        ...

    def prepare(self) -> None:
        """Begin, in another thread, what a build waits for and no image has a part in; `build` raises how it failed."""
        ...

    def build(self, plan: BuildPlan, output: Output) -> None:
        """Build `plan.image`; BuildError or DaemonError when it cannot, and nothing is pushed."""
        ...

    def push(self, plan: BuildPlan, output: Output, stuck: Callable[[], None]) -> str:
        """Push what `build` made of the same plan to `plan.image`, return the digest it claims.

        RegistryError when it cannot; it may then be called again. `stuck` may raise the cause.
        """
        ...
