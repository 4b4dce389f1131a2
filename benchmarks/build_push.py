"""What ci-kit build-push costs over `docker build && docker push`, what it saves in a fresh daemon, and several images.

A fresh daemon is what a job with docker:dind has: it knows no layer, so that plain commands build everything again.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import Side, Work, interleaved, process, row
from tests import rig as rigs
from tests.build_daemon import dind

_BIN = Path(sys.executable).parent
_MORE, _START_UP = 1.05, 0.3  # of plain commands, and seconds
# What a job knows without asking git.
_BRANCH = {"CI_COMMIT_REF_NAME": "main", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
_LARGE, _SEVERAL = 100_000_000, 10
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
            known = _commit(self)
            return lambda: process(words(number), {**self.environ, **known})

        return prepare


def run() -> list[str]:
    """Return the lines of the table; starts and stops a rig of its own."""
    with tempfile.TemporaryDirectory(prefix="b", dir="/tmp") as folder:
        rig = rigs.start(Path(folder, "rig"))
        try:
            bench = _prepare(rig, Path(folder))
            return [
                _measure(bench, "tiny image", 1_000, 9),
                _measure(bench, "100 MB layer", _LARGE, 5),
                _unchanged(bench, 3),
                _several(bench, 5),
            ]
        finally:
            rigs.stop(Path(folder, "rig"))


def _unchanged(bench: _Bench, rounds: int) -> str:
    """Measure a new commit of an image that is there: plainly in a daemon that knows nothing, and with none at all."""
    (bench.project / "payload").write_bytes(os.urandom(_LARGE))
    _git(bench.project, "add", "--all")  # as in a checkout: what is not in git has to be read to be known
    ours = [str(_BIN / "ci-kit"), "build-push", "--image", "unchanged"]
    process(ours, {**bench.environ, **_commit(bench)}, folder=bench.project)
    with ExitStack() as daemons:

        def plain(number: int) -> Work:
            daemons.close()  # of the round before
            host = daemons.enter_context(dind(bench.rig, f"fresh-{number}", {}))
            script = 'docker build -q -t "$0" "$1" && docker push -q "$0"'
            image = f"{bench.rig.registry}/{bench.rig.registry_path}/plain-unchanged:{number}"
            words = ["sh", "-c", script, image, str(bench.project)]
            return lambda: process(words, {**bench.environ, "DOCKER_HOST": host})

        def skipped(number: int) -> Work:
            known = {**bench.environ, **_commit(bench), "DOCKER_HOST": "tcp://127.0.0.1:1"}
            return lambda: process(ours, known, folder=bench.project)

        medians = interleaved({"ours": skipped, "plain": plain}, rounds)
    return row("unchanged, no daemon", medians["ours"], "in a fresh daemon", medians["plain"], "(aim: <= 0.1)")


def _several(bench: _Bench, rounds: int) -> str:
    """Measure ten small images, some at the same time and one after the other."""
    project = bench.project.parent / "several"
    names = [f"image{number}" for number in range(_SEVERAL)]
    for name in names:
        (project / name).mkdir(parents=True)
        (project / name / "Dockerfile").write_text(
            "FROM busybox:1.36\nCOPY payload /\nRUN sleep 0.2\n", encoding="utf-8"
        )
    images = "".join(f"- {{name: {name}, context: {name}, image: several/{name}}}\n" for name in names)
    (project / ".ci-kit.yml").write_text(f"version: 1\nimages:\n{images}", encoding="utf-8")

    def side(jobs: str) -> Side:
        def prepare(number: int) -> Work:
            for name in names:
                (project / name / "payload").write_bytes(os.urandom(1_000))
            words = [str(_BIN / "ci-kit"), "build-push", "--jobs", jobs]
            return lambda: process(words, {**bench.environ, **_commit(bench)}, folder=project)

        return prepare

    medians = interleaved({"together": side(str(_SEVERAL)), "one by one": side("1")}, rounds)
    ten = f"{_SEVERAL} small images"
    return row(f"{ten}, --jobs {_SEVERAL}", medians["together"], "--jobs 1", medians["one by one"], "(aim: < 0.6)")


def _commit(bench: _Bench) -> dict[str, str]:
    """Make a commit and return what a job knows of it."""
    _git(bench.project, "commit", "--quiet", "--allow-empty", "--message", "round")
    return {"CI_COMMIT_SHA": _git(bench.project, "rev-parse", "HEAD"), **_BRANCH}


def _measure(bench: _Bench, name: str, size: int, rounds: int) -> str:
    medians = interleaved({"ours": bench.ours(size), "plain": bench.plain(size)}, rounds)
    limit = _MORE * medians["plain"] + _START_UP
    verdict = "within" if medians["ours"] <= limit else "OVER"
    aim = f"(aim: <= {_MORE} + {_START_UP * 1000:.0f} ms = {limit * 1000:.0f} ms: {verdict})"
    return row(f"build-push, {name}", medians["ours"], "docker build && docker push", medians["plain"], aim)


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
        "CI_KIT_REGISTRY_MIRROR": f"http://{rig.mirror}",
    }
    return _Bench(rig, project, environ)


def _git(project: Path, *arguments: str) -> str:
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    command = ["git", *who, "-C", str(project), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
