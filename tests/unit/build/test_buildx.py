import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ci_kit.build.builders.buildx import Buildx
from ci_kit.errors import BuildError, DaemonError, Interrupted
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from tests.unit.build.shop import shop

IMAGE = ImageRef("host", "g/p/app", "0123")
PLAN = BuildPlan("app", IMAGE, (), "/context", "/context/Dockerfile", "", {}, {})


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """The script that stands for the docker command, to be written by the test; its plugin is there."""
    plugin = tmp_path / "config" / "cli-plugins" / "docker-buildx"
    plugin.parent.mkdir(parents=True)
    plugin.touch(0o755)
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin" / "docker"


def install(docker: Path, script: str) -> dict[str, str]:
    docker.write_text(f"#!/bin/sh\n{script}\n")
    docker.chmod(0o755)
    path = f"{docker.parent}:{os.environ['PATH']}"
    return {"PATH": path, "DOCKER_CONFIG": str(docker.parents[1] / "config"), "KEPT": "1"}


def built(environ: Mapping[str, str], plan: BuildPlan = PLAN) -> list[str]:
    lines: list[str] = []
    Buildx(shop(environ)).build(plan, lines.append)
    return lines


def test_values_of_build_arguments_travel_in_the_environment_only(docker: Path) -> None:
    environ = install(docker, 'printf "%s\\n" "$@" "TOKEN is $TOKEN" "KEPT is $KEPT" >&2')
    plan = replace(PLAN, target="final", build_args={"TOKEN": "s3cret"}, labels={"a.b": "c d"})
    assert built(environ, plan) == [
        "buildx",
        "build",
        "--tag=host/g/p/app:0123",
        "--file=/context/Dockerfile",
        "--load",
        "--progress=plain",
        "--target=final",
        "--label=a.b=c d",
        "--build-arg",
        "TOKEN",
        "/context",
        "TOKEN is s3cret",
        "KEPT is 1",
    ]


def test_the_date_of_the_commit_is_that_of_the_image(docker: Path) -> None:
    environ = install(docker, 'printf "%s\\n" "$@" "date is $SOURCE_DATE_EPOCH" >&2')
    lines = built(environ | {"SOURCE_DATE_EPOCH": "1"}, replace(PLAN, epoch=1767319445, build_args={"A": "b"}))
    assert lines[6:] == ["--build-arg", "SOURCE_DATE_EPOCH", "--build-arg", "A", "/context", "date is 1767319445"]
    own = replace(PLAN, epoch=1767319445, build_args={"SOURCE_DATE_EPOCH": "7"})
    assert built(environ, own)[6:] == ["--build-arg", "SOURCE_DATE_EPOCH", "/context", "date is 7"]


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        (
            'echo "#1 step"; echo "ERROR: failed to solve: exit code: 1"; exit 1',
            BuildError,
            "app was not built: failed to",
        ),
        ("exit 1", BuildError, "docker buildx said nothing"),
        ('echo "last words"; exit 3', BuildError, "last words"),
        ("printf '\\377\\n'; exit 1", BuildError, "app was not built"),
        ('echo "ERROR: Cannot connect to the Docker daemon at tcp://docker:2376"; exit 1', DaemonError, "went away"),
        ("kill -9 $$", BuildError, "docker buildx said nothing"),
    ],
)
def test_a_failed_build_is_told_by_its_last_error(docker: Path, script: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        built(install(docker, script))
    assert type(caught.value) is kind


@pytest.mark.parametrize("name", ["PATH", "HOME", "DOCKER_HOST", "BUILDX_CONFIG", "LD_PRELOAD"])
def test_a_build_argument_that_would_change_docker_itself_is_refused(docker: Path, name: str) -> None:
    environ = install(docker, "echo ran")
    with pytest.raises(BuildError, match=f"the build arg {name} would change docker itself -> rename it"):
        built(environ, replace(PLAN, build_args={name: "x"}))


@pytest.mark.parametrize("arguments", [{"A": "a\0b"}, {"A=B": "x"}])
def test_a_build_argument_that_no_variable_can_hold_is_refused(docker: Path, arguments: dict[str, str]) -> None:
    environ = install(docker, "echo ran")
    with pytest.raises(BuildError, match="docker buildx does not start: "):
        built(environ, replace(PLAN, build_args=arguments))


def test_an_interruption_ends_the_command(docker: Path, tmp_path: Path) -> None:
    environ = install(docker, f"echo $$ > {tmp_path}/pid; echo started; exec sleep 60")

    def stop(line: str) -> None:
        raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        Buildx(shop(environ)).build(PLAN, stop)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), signal.SIG_DFL)


def test_what_is_missing_is_told(docker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks(**other: str) -> list[str]:
        return [lack.what for lack in Buildx.missing(environ | other)]

    monkeypatch.setattr("ci_kit.build.builders.buildx._PLUGIN_FOLDERS", ())
    environ = install(docker, "exit 0")
    assert lacks() == []
    assert lacks(PATH=str(tmp_path)) == ["there is no docker command"]
    assert lacks(DOCKER_CONFIG=str(tmp_path)) == ["the docker command has no buildx plugin"]
