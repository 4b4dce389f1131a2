"""What tests share: one rig for the whole run, and a daemon that trusts its registries."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import buildah_image as images_with_buildah
from tests import job_image
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


@pytest.fixture(scope="session")
def helper_image(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the name of the job image, built from the Dockerfile of this checkout."""
    return job_image.build(rig, Path(tmp_path_factory.mktemp("image")))


@pytest.fixture(scope="session")
def buildah_image(rig: Rig, helper_image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the name of a job image with buildah in it."""
    return images_with_buildah.build(rig, Path(tmp_path_factory.mktemp("buildah")))
