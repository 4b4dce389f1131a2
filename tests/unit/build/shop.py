"""A workshop for tests of one builder, whose daemon is there and is never asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from ci_kit.build import workshop
from ci_kit.build.options.buildkit import THE_DAEMONS, BuildKit
from ci_kit.build.options.cache_options import Has
from ci_kit.build.workshop import Opened, Workshop
from ci_kit.model.builder import Output
from ci_kit.registry.auth import Credentials

LOGIN = Credentials("someone", "s3cret", "test")


@dataclass(frozen=True)
class Daemon:
    """A daemon that is ready, as far as builders look at it before they build."""

    has_containerd_store: bool = False

    def expect_push(self) -> None:
        """Know that an image will be pushed."""


CLASSIC = Daemon()


def shop(
    environ: Mapping[str, str],
    buildkit: BuildKit = THE_DAEMONS,
    daemon: object = CLASSIC,
    has: Has = lambda reference: "",
    output: Output = lambda line: None,
) -> Workshop:
    """Return a workshop with these variables; its daemon counts as ready, and `has` tells which caches are there."""
    made = Workshop(environ, {"host": LOGIN}, 0, output, Opened(), buildkit, has)
    made.opened.known[workshop._engine] = lambda: cast(Any, daemon)
    return made
