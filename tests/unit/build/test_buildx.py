import os
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from ci_kit.build.builders.buildx import Buildx
from ci_kit.build.options.buildkit import parse
from ci_kit.build.workshop import Opened, Workshop, _engine, workshop
from ci_kit.errors import BuildError, DaemonError, DeniedError, Interrupted, NotPushedError
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from tests.unit.build.shop import LOGIN, shop

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
    plan = PLAN._replace(target="final", build_args={"TOKEN": "s3cret"}, labels={"a.b": "c d"})
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
    lines = built(environ | {"SOURCE_DATE_EPOCH": "1"}, PLAN._replace(epoch=1767319445, build_args={"A": "b"}))
    assert lines[6:] == ["--build-arg", "SOURCE_DATE_EPOCH", "--build-arg", "A", "/context", "date is 1767319445"]
    own = PLAN._replace(epoch=1767319445, build_args={"SOURCE_DATE_EPOCH": "7"})
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
        built(environ, PLAN._replace(build_args={name: "x"}))


@pytest.mark.parametrize("arguments", [{"A": "a\0b"}, {"A=B": "x"}])
def test_a_build_argument_that_no_variable_can_hold_is_refused(docker: Path, arguments: dict[str, str]) -> None:
    environ = install(docker, "echo ran")
    with pytest.raises(BuildError, match="docker buildx does not start: "):
        built(environ, PLAN._replace(build_args=arguments))


def test_an_interruption_ends_the_command(docker: Path, tmp_path: Path) -> None:
    environ = install(docker, f"echo $$ > {tmp_path}/pid; echo started; exec sleep 60")

    def stop(line: str) -> None:
        raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        Buildx(shop(environ)).build(PLAN, stop)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), signal.SIG_DFL)


def test_what_is_missing_is_told(docker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks(buildkit: str = "", **other: str) -> list[str]:
        return [lack.what for lack in Buildx.missing(environ | other, parse(buildkit))]

    monkeypatch.setattr("ci_kit.build.builders.buildx._PLUGIN_FOLDERS", ())
    monkeypatch.setattr("ci_kit.daemon.endpoint._SOCKET", f"unix://{tmp_path}/none.sock")
    environ = install(docker, "exit 0") | {"DOCKER_HOST": "tcp://docker:2376"}
    assert lacks() == []
    assert lacks(PATH=str(tmp_path)) == ["there is no docker command"]
    assert lacks(DOCKER_CONFIG=str(tmp_path)) == ["the docker command has no buildx plugin"]
    no_daemon = f"there is no Docker daemon: DOCKER_HOST is not set and {tmp_path}/none.sock does not exist"
    assert lacks(DOCKER_HOST="") == lacks("docker-container", DOCKER_HOST="") == [no_daemon]
    assert lacks("tcp://buildkit:1234", DOCKER_HOST="") == []
    (tmp_path / "none.sock").touch()
    assert lacks(DOCKER_HOST="") == []


# A docker that writes down how it is called, and has pushed what it is told to push.
RECORDING = """\
echo "$@ | $DOCKER_HOST | ${BUILDX_CONFIG:+own}" >> "$LOG"
if [ "$1" = context ]; then mkdir -p "$DOCKER_CONFIG/contexts"; fi
for word; do case $word in
  --metadata-file=*) echo '{"containerimage.digest": "sha256:abc"}' > "${word#*=}" ;;
  --config=*) cat "${word#*=}" >> "$LOG" ;;
esac; done
"""


@contextmanager
def fleet(docker: Path, buildkit: str, script: str = RECORDING, **other: str) -> Iterator[tuple[Buildx, Path]]:
    """Yield a builder for a BuildKit that is not the daemon's, and the file in which its commands are."""
    log = docker.parents[1] / "log"
    environ = install(docker, script) | {"LOG": str(log), "TMPDIR": str(docker.parents[1]), **other}
    with workshop(Workshop(environ, {"host": LOGIN}, 0, lambda line: None, Opened(), parse(buildkit))) as made:
        made.opened.known[_engine] = lambda: cast(Any, None)
        yield Buildx(made), log


def commands(log: Path) -> list[str]:
    return [
        re.sub(r"ci-kit-[0-9a-f]{8}|/\S*/(?=metadata|buildkitd)", "X", line) for line in log.read_text().splitlines()
    ]


BUILD = "buildx build --builder=X --tag=host/g/p/app:0123 --file=/context/Dockerfile"
LATER = "--progress=plain --target=t --build-arg A /context"


@pytest.mark.parametrize(
    ("said", "create"),
    [
        ("docker-container?network=host", "--driver=docker-container --driver-opt=network=host"),
        (
            "tcp://kit:1234?cacert=/c/ca.pem&cert=/c/c.pem&key=/c/k.pem",
            "--driver=remote --driver-opt=cacert=/c/ca.pem --driver-opt=cert=/c/c.pem --driver-opt=key=/c/k.pem tcp://kit:1234",
        ),
        ("unix:///run/kit.sock", "--driver=remote unix:///run/kit.sock"),
        (
            "kubernetes://ci?replicas=2",
            "--driver=kubernetes --driver-opt=namespace=ci --driver-opt=replicas=2",
        ),
    ],
)
def test_a_buildkit_of_a_fleet_builds_into_its_cache_and_pushes_by_itself(docker: Path, said: str, create: str) -> None:
    plan = PLAN._replace(target="t", build_args={"A": "b"})
    with fleet(docker, said, DOCKER_HOST="tcp://old:1") as (builder, log):
        builder.build(plan, lambda line: None)
        builder.build(plan, lambda line: None)
        assert builder.push(plan, lambda line: None, lambda: None) == "sha256:abc"
    end = "| tcp://old:1 | own"
    assert commands(log) == [
        f"buildx create --name=X {create} {end}",
        f"{BUILD} --output=type=cacheonly {LATER} {end}",
        f"{BUILD} --output=type=cacheonly {LATER} {end}",
        f"{BUILD} --push --metadata-file=Xmetadata.json {LATER} {end}",
        f"buildx rm --force X {end}",
    ]


def test_a_deployment_that_has_a_name_is_left_running(docker: Path) -> None:
    with fleet(docker, "kubernetes://ci/kits") as (builder, log):
        builder.build(PLAN, lambda line: None)
    first, _, last = commands(log)
    assert first == "buildx create --name=kits --driver=kubernetes --driver-opt=namespace=ci |  | own"
    assert last == "buildx rm --force --keep-daemon kits |  | own"


def test_a_builder_that_is_there_is_used_as_it_is(docker: Path) -> None:
    with fleet(docker, "team") as (builder, log):
        assert builder.push(PLAN, lambda line: None, lambda: None) == "sha256:abc"
    (only,) = commands(log)
    assert only.startswith("buildx build --builder=team --tag=host/g/p/app:0123")
    assert only.endswith("|  | ")


def test_a_daemon_behind_tls_becomes_a_context_of_our_own(docker: Path, tmp_path: Path) -> None:
    mine = docker.parents[1] / "config" / "contexts"
    mine.mkdir()
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).write_text("x")
    tls = {"DOCKER_HOST": "tcp://docker:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}
    with fleet(docker, "docker-container", **tls) as (builder, log):
        builder.build(PLAN, lambda line: None)
    context, create, build, remove = commands(log)
    files = f"ca={tmp_path}/ca.pem,cert={tmp_path}/cert.pem,key={tmp_path}/key.pem"
    assert context == f"context create X --docker=host=tcp://docker:2376,{files} | tcp://docker:2376 | own"
    assert create == "buildx create --name=X --driver=docker-container X |  | own"
    assert build.startswith("buildx build --builder=X")
    assert build.endswith("|  | own")
    assert remove == "buildx rm --force X |  | own"
    assert list(mine.iterdir()) == []


def test_a_buildkit_that_is_started_trusts_the_ca_of_the_instance(docker: Path, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    with fleet(docker, "docker-container", CI_KIT_CA=str(tmp_path / "ca.pem")) as (builder, log):
        builder.build(PLAN, lambda line: None)
    create, registry, ca, *_ = commands(log)
    assert create == "buildx create --name=X --driver=docker-container --config=Xbuildkitd.toml |  | own"
    assert [registry, ca] == ['[registry."host"]', f'  ca = ["{tmp_path}/ca.pem"]']


def test_a_buildkit_that_cannot_be_had_is_told_and_nothing_is_left(docker: Path, tmp_path: Path) -> None:
    script = 'echo "$1 $2" >> "$LOG"; if [ $2 = create ]; then echo "ERROR: no such driver"; exit 1; fi'
    told = "buildx has no BuildKit kubernetes: no such driver -> look at pipeline"
    with fleet(docker, "kubernetes://ci", script) as (builder, log), pytest.raises(BuildError, match=told):
        builder.build(PLAN, lambda line: None)
    assert log.read_text().splitlines() == ["buildx create", "buildx rm"]
    assert list(tmp_path.glob("ci-kit-*")) == []


@pytest.mark.parametrize(
    ("script", "kind", "words"),
    [
        (
            'echo "ERROR: failed to push: insufficient_scope: authorization failed"; exit 1',
            DeniedError,
            "was not pushed",
        ),
        ("exit 0", NotPushedError, "without a digest"),
    ],
)
def test_a_push_by_buildkit_that_fails_is_told_by_its_cause(
    docker: Path, script: str, kind: type[Exception], words: str
) -> None:
    with fleet(docker, "team", script) as (builder, _), pytest.raises(kind, match=words):
        builder.push(PLAN, lambda line: None, lambda: None)
