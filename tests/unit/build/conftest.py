import importlib

import pytest


@pytest.fixture(autouse=True, scope="session")
def _slow_package() -> None:
    """Import what a build imports beside the work: the end of a test in the middle of that would break it."""
    importlib.import_module("docker")
