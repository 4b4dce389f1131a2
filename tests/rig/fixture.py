"""The pytest fixture `rig`, for the conftest.py of every folder of tests that needs one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig import Rig, RigError, load, start, stop

NO_DAEMON = "Cannot connect to the Docker daemon"  # the client's words


def started(folder: Path) -> Rig:
    """A rig started in `folder`; without root and without a Docker daemon the tests that need it are skipped."""
    try:
        return start(folder)
    except RigError as error:
        if os.geteuid() != 0 and NO_DAEMON in str(error):
            pytest.skip(f"the rig needs root or a Docker daemon that this user may use: {error}")
        raise


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    """A running rig: the one in CI_KIT_RIG_DIR, which is left running, else a new one for this session."""
    if running := os.environ.get("CI_KIT_RIG_DIR"):
        yield load(Path(running))
        return
    folder = Path(tempfile.mkdtemp(prefix="r", dir="/tmp"))  # short: a socket's path has room for 107 bytes
    try:
        yield started(folder)
    finally:
        stop(folder)
        shutil.rmtree(folder, ignore_errors=True)
