"""What tests share: one rig for the whole run."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import rig as rigs


@pytest.fixture(scope="session")
def rig() -> Iterator[rigs.Rig]:
    """Yield a rig: the running one that CI_KIT_RIG_DIR names, else one of this run's own, stopped at its end."""
    running = os.environ.get("CI_KIT_RIG_DIR")
    if running:
        yield rigs.load(Path(running))
        return
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as folder:
        directory = Path(folder, "rig")
        started = rigs.start(directory)
        try:
            yield started
        finally:
            rigs.stop(directory)
