"""`make demo`: a generated pipeline really runs, from a Dockerfile to a listed image."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests import job_image
from tests import rig as rigs

_CI_KIT = str(Path(sys.executable).with_name("ci-kit"))
_EXAMPLE = job_image.ROOT / "examples" / "single-image"


def main() -> int:
    """Run the demo and return the exit code of the pipeline; all that was started is stopped again."""
    with tempfile.TemporaryDirectory(prefix="d", dir="/tmp") as folder:
        rig_folder, project = Path(folder, "rig"), Path(folder, "project")
        _say("start a private Docker daemon, a registry behind nginx with TLS, GitLab's token service, a runner")
        rig = rigs.start(rig_folder)
        try:
            return _run(rig, project)
        finally:
            rigs.stop(rig_folder)


def _run(rig: rigs.Rig, project: Path) -> int:
    project.mkdir()
    for name in ("Dockerfile", "greeting.txt"):
        shutil.copy2(_EXAMPLE / name, project)
    environ = {**os.environ, **_outside(rig)}
    _show(["generate"], project, environ)
    _show(["lint"], project, environ)
    rigs.git_project(project, {})
    job_image.wheels(rig)
    _say("run .gitlab-ci.yml: docker-in-docker, login over TLS, build, push, verify, record")
    token = {"CI_KIT_GITLAB_TOKEN": rig.api_tokens["project"]}
    done = rigs.run_pipeline(rig, project, job_image.pip_variables(rig) | token)
    print(done.log)
    if done.exit_code == 0:
        _show(["images"], project, environ)
        _say("done: a Dockerfile became an image that the registry proves to have")
    return done.exit_code


def _outside(rig: rigs.Rig) -> dict[str, str]:
    """Return what a laptop needs to list the project's registry."""
    return {
        "CI_REGISTRY": rig.registry,
        "CI_REGISTRY_IMAGE": f"{rig.registry}/{rig.registry_path}",
        "CI_REGISTRY_USER": "ci-user",
        "CI_REGISTRY_PASSWORD": rig.users["ci-user"]["password"],
        "CI_KIT_CA": rig.ca,
    }


def _show(arguments: list[str], project: Path, environ: Mapping[str, str]) -> None:
    _say(f"ci-kit {' '.join(arguments)}")
    subprocess.run([_CI_KIT, *arguments], cwd=project, env=environ, check=True)


def _say(text: str) -> None:
    print(f"\n== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
