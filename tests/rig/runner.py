"""Run a project's pipeline for real: gitlab-ci-local with Node from npm, jobs in the rig's daemon and network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.rig import cache, images, npm, people
from tests.rig.process import RigError, die_with_parent, run
from tests.rig.rig import Rig

PIPELINE_SECONDS = 900
FAILED = re.compile(r"^ FAIL  ", re.M)  # a line of the summary
CA_IN_JOBS = "/rig/ca.crt"
GIT = ["git", "-c", "user.name=rig", "-c", "user.email=rig@example.test", "-c", "init.defaultBranch=main"]
GIT += ["-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null"]
# What gitlab-ci-local asks of a repository, and warns about when it is not there.
ORIGIN = (
    ("remote", "add", "origin", f"git@gitlab.example.test:{people.OWN_PROJECT}.git"),
    ("update-ref", "refs/remotes/origin/{branch}", "HEAD"),
    ("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/{branch}"),
    ("config", "user.name", "rig"),
    ("config", "user.email", "rig@example.test"),
)


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a pipeline ended, all it printed, and the folder with the artifacts of each job."""

    exit_code: int
    log: str
    artifacts_dir: Path


def install(store: Path) -> dict[str, str]:
    """Where Node and gitlab-ci-local are, after they were put in the cache; no install script runs.

    Raises:
        RigError: the npm registry does not give them.
    """
    wanted = (npm.RUNNER, npm.node())
    folder = cache.entry(store, "runner", cache.digest(*(package.sha512 for package in wanted)), fill)
    return {
        "node": str(folder / npm.node().name / "bin/node"),
        "js": str(folder / npm.RUNNER.name / "dist/index.js"),
    }


def fill(folder: Path) -> None:
    """Put both packages into the new cache folder `folder`."""
    for package in (npm.RUNNER, npm.node()):
        npm.install(package, folder)


def git_project(folder: Path, files: Mapping[str, str], *, branch: str = "main") -> Path:
    """Make `folder` a git repository with `files` (path -> text) committed, and an origin as gitlab-ci-local wants."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {".gitignore": ".gitlab-ci-local\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    run([*GIT, "init", "--quiet", f"--initial-branch={branch}"], cwd=folder)
    run([*GIT, "add", "--all"], cwd=folder)
    run([*GIT, "commit", "--quiet", "--message", "a project"], cwd=folder)
    for words in ORIGIN:
        run(["git", *(word.format(branch=branch) for word in words)], cwd=folder)
    return folder


def variables_of_job(rig: Rig) -> dict[str, str]:
    """The predefined variables that depend on the server, as a GitLab with this registry would set them."""
    registry, path = rig.registry, rig.registry_path
    return {
        "GITLAB_CI": "true",
        "CI_REGISTRY": registry,
        "CI_REGISTRY_IMAGE": f"{registry}/{path}",
        "CI_REGISTRY_USER": "gitlab-ci-token",
        "CI_REGISTRY_PASSWORD": rig.api_tokens["job"],
        "CI_JOB_TOKEN": rig.api_tokens["job"],
        "CI_API_V4_URL": f"{rig.gitlab}/api/v4",
        "CI_SERVER_URL": rig.gitlab,
        "CI_SERVER_HOST": rig.address,
        "CI_SERVER_FQDN": rig.address,
        "CI_SERVER_PORT": "443",
        "CI_SERVER_PROTOCOL": "https",
        "CI_PROJECT_ID": str(rig.project_id),
        "CI_PROJECT_PATH": path,
        "CI_PROJECT_NAMESPACE": path.partition("/")[0],
        "CI_PROJECT_NAME": path.rpartition("/")[2],
        "CI_PROJECT_URL": f"{rig.gitlab}/{path}",
        "CI_PIPELINE_ID": "2001",
        "CI_PIPELINE_URL": f"{rig.gitlab}/{path}/-/pipelines/2001",
        "CI_SERVER_TLS_CA_FILE": CA_IN_JOBS,
    }


def run_pipeline(
    rig: Rig, project: Path, variables: Mapping[str, str] | None = None, jobs: Sequence[str] = ()
) -> RunResult:
    """Run the pipeline of the git repository `project`, or only `jobs` of it, and wait for its end.

    Variables go in by a file that only this user can read, so no process list shows them.

    Raises:
        RigError: it took longer than PIPELINE_SECONDS; its containers are left to the end of the rig.
    """
    values = {**variables_of_job(rig), **(variables or {})}
    runs = Path(rig.directory, "runs")
    runs.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=runs) as scratch:
        file = Path(scratch, "variables.yml")
        file.touch(0o600)
        # JSON is YAML. Said to be variables, or values that look like a path would become files.
        file.write_text(
            json.dumps({name: {"type": "variable", "values": {"*": text}} for name, text in values.items()})
        )
        words = [rig.runner["node"], rig.runner["js"], *options(rig, file, values), *jobs]
        environ = environment(rig, Path(scratch))
        try:
            done = subprocess.run(
                words,
                cwd=project,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=PIPELINE_SECONDS,
                preexec_fn=die_with_parent,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise RigError(f"{project}: the pipeline was still running after {PIPELINE_SECONDS} s") from late
    log = done.stdout.decode(errors="replace")
    # The runner ends with 0 when a job with allow_failure: exit_codes fails by another code; its summary is right.
    code = done.returncode or int(FAILED.search(log) is not None)
    return RunResult(code, log, project / ".gitlab-ci-local/artifacts")


def options(rig: Rig, variables_file: Path, values: Mapping[str, str]) -> list[str]:
    """The options of gitlab-ci-local for a rig."""
    mounts = {
        "%gcl-cert%": "/certs/client",  # one volume per job, shared with its services
        f"{rig.directory}/certs.d": "/etc/docker/certs.d:ro",
        f"{rig.directory}/config/dind.json": "/etc/docker/daemon.json:ro",
        f"{rig.directory}/ca.crt": f"{CA_IN_JOBS}:ro",
    }
    return [
        "--privileged",
        *("--network", rig.network),
        *("--pull-policy", "if-not-present"),
        *("--wait-image", images.RUNNER_WAIT),
        *("--helper-image", images.RUNNER_HELPER),
        *(word for source, target in mounts.items() for word in ("--volume", f"{source}:{target}")),
        *("--variables-file", str(variables_file)),
        *("--ignore-predefined-vars", ",".join(values)),
        *("--home", str(variables_file.parent)),
        "--no-color",
    ]


def environment(rig: Rig, home: Path) -> dict[str, str]:
    """The environment of gitlab-ci-local: nothing of this machine but the search path, after the rig's own tools."""
    search = f"{rig.directory}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    git = shutil.which("git")
    if git:
        search += f":{Path(git).parent}"
    config = f"{rig.directory}/docker-config"
    return {"PATH": search, "HOME": str(home), "DOCKER_HOST": rig.docker_host, "DOCKER_CONFIG": config}
