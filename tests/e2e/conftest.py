"""What the pipelines need: ci-kit as wheels for pip, and as the job image."""

import pytest

from tests import job_image
from tests.rig import Rig


@pytest.fixture(scope="session")
def pip_variables(rig: Rig) -> dict[str, str]:
    """Return the variables with which a job installs this ci-kit."""
    job_image.wheels(rig)
    return job_image.pip_variables(rig)
