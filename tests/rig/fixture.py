"""The pytest fixture `rig`, for the conftest.py of every folder of tests that needs one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rig import Rig, load, start, stop


@pytest.fixture(scope="session")
def rig() -> Iterator[Rig]:
    """A running rig: the one in CI_KIT_RIG_DIR, which is left running, else a new one for this session."""
    if running := os.environ.get("CI_KIT_RIG_DIR"):
        yield load(Path(running))
        return
    folder = Path(tempfile.mkdtemp(prefix="r", dir="/tmp"))  # short: a socket's path has room for 107 bytes
    try:
        yield start(folder)
    finally:
        stop(folder)
        shutil.rmtree(folder, ignore_errors=True)
