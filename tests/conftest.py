"""What tests share: one rig for the whole run, and a daemon that trusts its registries."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.build_daemon import build_daemon
from tests.rig import Rig
from tests.rig.fixture import rig

__all__ = ["daemon", "rig"]

# A slow machine is no failure: what a test proves does not depend on time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def daemon(rig: Rig) -> Iterator[str]:
    """Yield the DOCKER_HOST with which tests build, push, pull and run."""
    with build_daemon(rig) as host:
        yield host
