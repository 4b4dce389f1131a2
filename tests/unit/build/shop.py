"""A workshop for tests of one builder, whose daemon is there and is never asked."""

from collections.abc import Mapping
from typing import Any, cast

from ci_kit.build import workshop
from ci_kit.build.buildkit import THE_DAEMONS, BuildKit
from ci_kit.build.workshop import Workshop
from ci_kit.registry.auth import Credentials

LOGIN = Credentials("someone", "s3cret", "test")


def shop(environ: Mapping[str, str], buildkit: BuildKit = THE_DAEMONS) -> Workshop:
    """Return a workshop with these variables; its daemon counts as ready."""
    made = Workshop(environ, {"host": LOGIN}, 0, lambda line: None, buildkit)
    made._once[workshop._engine] = lambda: cast(Any, None)
    return made
