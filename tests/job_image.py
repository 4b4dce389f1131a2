"""The job image of ci-kit, built from the real Dockerfile where PyPI is out of the build's reach."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.rig import Rig

ROOT = Path(__file__).resolve().parent.parent
IMAGE = "ci-kit/job:test"
_PYTHON = "3.13"  # what the rig's docker images have
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "linux_x86_64")


def wheels(rig: Rig) -> Path:
    """Return the folder that the rig serves, with ci-kit's wheel and all that it and its build need."""
    folder = Path(rig.wheels)
    if not list(folder.glob("ci_kit-*.whl")):
        for lock in ("requirements", "build"):
            _download(ROOT / ".ci" / f"{lock}.lock", folder)
        _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    return folder


def pip_variables(rig: Rig) -> dict[str, str]:
    """Return the variables that lead pip in a job to the wheels of the rig instead of PyPI."""
    # With the system's certificates pip fails for an address without a name: check_hostname requires server_hostname.
    trust = {"PIP_CERT": "/rig/ca.crt", "PIP_USE_DEPRECATED": "legacy-certs"}
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": f"{rig.gitlab}/wheels/", **trust}


def build(rig: Rig, folder: Path) -> str:
    """Return the name of the job image in the rig's daemon; `folder` gets the build context."""
    found = wheels(rig)
    context = folder / "context"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, context / name)
    shutil.copytree(found, context / ".ci" / "wheels")
    arguments = ["PIP_NO_INDEX=1", "PIP_FIND_LINKS=/source/.ci/wheels"]
    command = [rig.docker, "build", "--quiet", "--tag", IMAGE]
    for argument in arguments:
        command += ["--build-arg", argument]
    environ = {**os.environ, "DOCKER_HOST": rig.docker_host, "DOCKER_BUILDKIT": "0"}
    done = subprocess.run([*command, str(context)], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return IMAGE


def _download(lock: Path, folder: Path) -> None:
    platforms = [word for name in _PLATFORMS for word in ("--platform", name)]
    options = ["--only-binary=:all:", "--python-version", _PYTHON, *platforms, "--require-hashes"]
    _pip("download", *options, "--dest", str(folder), "--requirement", str(lock))


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
