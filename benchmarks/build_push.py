"""What ci-kit build-push costs over `docker build && docker push`, for a tiny image and for a layer of 100 MB."""

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import Side, Work, interleaved, process, row
from tests import rig as rigs

_BIN = Path(sys.executable).parent
_AIM = "(aim: <= 1.05 and <= +300 ms)"
# What a job knows without asking git.
_BRANCH = {"CI_COMMIT_REF_NAME": "main", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
_DOCKERFILE = "FROM busybox:1.36\nCOPY payload /payload\nRUN test -s /payload\n"


@dataclass(frozen=True, slots=True)
class _Bench:
    """A project in a checkout, a rig to push to, and the environment of a job."""

    rig: rigs.Rig
    project: Path
    environ: Mapping[str, str]

    def ours(self, size: int) -> Side:
        """Return build-push as the job runs it."""
        words = ["sh", "-c", 'cd "$0" && exec "$@"', str(self.project), str(_BIN / "ci-kit"), "build-push"]
        return self._side(size, lambda number: [*words, "--image", f"bench-{size}"])

    def plain(self, size: int) -> Side:
        """Return what the job would run without us."""
        script = 'docker build -q -t "$0" "$1" && docker push -q "$0"'
        path = f"{self.rig.registry}/{self.rig.registry_path}/plain-{size}"
        return self._side(size, lambda number: ["sh", "-c", script, f"{path}:{number}", str(self.project)])

    def _side(self, size: int, words: Callable[[int], list[str]]) -> Side:
        """Return a side whose every round has a payload and a commit that nobody has seen."""

        def prepare(number: int) -> Work:
            (self.project / "payload").write_bytes(os.urandom(size))
            _git(self.project, "commit", "--quiet", "--allow-empty", "--message", "round")
            known = {"CI_COMMIT_SHA": _git(self.project, "rev-parse", "HEAD"), **_BRANCH}
            return lambda: process(words(number), {**self.environ, **known})

        return prepare


def run() -> list[str]:
    """Return the lines of the table; starts and stops a rig of its own."""
    with tempfile.TemporaryDirectory(prefix="b", dir="/tmp") as folder:
        rig = rigs.start(Path(folder, "rig"))
        try:
            bench = _prepare(rig, Path(folder))
            return [_measure(bench, "tiny image", 1_000, 9), _measure(bench, "100 MB layer", 100_000_000, 5)]
        finally:
            rigs.stop(Path(folder, "rig"))


def _measure(bench: _Bench, name: str, size: int, rounds: int) -> str:
    medians = interleaved({"ours": bench.ours(size), "plain": bench.plain(size)}, rounds)
    return row(f"build-push, {name}", medians["ours"], "docker build && docker push", medians["plain"], _AIM)


def _prepare(rig: rigs.Rig, folder: Path) -> _Bench:
    project, config = folder / "project", folder / "docker"
    project.mkdir()
    config.mkdir(mode=0o700)
    password = rig.users["ci-user"]["password"]
    login = base64.b64encode(f"ci-user:{password}".encode()).decode()
    (config / "config.json").write_text(json.dumps({"auths": {rig.registry: {"auth": login}}}), encoding="utf-8")
    (project / "Dockerfile").write_text(_DOCKERFILE, encoding="utf-8")
    _git(project, "init", "--quiet", "--initial-branch", "main")
    environ = {
        "PATH": f"{Path(rig.docker).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "DOCKER_HOST": rig.docker_host,
        "DOCKER_CONFIG": str(config),
        "CI_REGISTRY": rig.registry,
        "CI_REGISTRY_IMAGE": f"{rig.registry}/{rig.registry_path}",
        "CI_REGISTRY_USER": "ci-user",
        "CI_REGISTRY_PASSWORD": password,
        "CI_KIT_CA": str(rig.ca),
    }
    return _Bench(rig, project, environ)


def _git(project: Path, *arguments: str) -> str:
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    command = ["git", *who, "-C", str(project), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
