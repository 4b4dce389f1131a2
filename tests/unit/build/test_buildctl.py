"""The command line of the builder `buildkit`, by a program that writes it down: the real one cannot be had here."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from ci_kit.build.builders.buildkit import Buildkit
from ci_kit.build.machine import namespaces
from ci_kit.build.options.buildkit import THE_DAEMONS
from ci_kit.build.workshop import Opened, Workshop, workshop
from ci_kit.errors import BuildError, DeniedError, NotPushedError
from ci_kit.model.annotation import Annotation
from ci_kit.model.cache import Cache
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.model.secret import Secret, SshKey
from tests.unit.build.shop import LOGIN

IMAGE = ImageRef("host", "g/p/app", "0123")
RECORDING = """\
mkdir "$LOG.busy" || { echo "ERROR: another buildkitd is at work"; exit 1; }
echo "$@" >> "$LOG"
echo "$BUILDKITD_FLAGS" > "$LOG.flags"
for word; do case $word in
  --metadata-file=*) echo '{"containerimage.digest": "sha256:abc"}' > "${word#*=}" ;;
  dockerfile=*) cp -r "${word#*=}" "$LOG.folder" 2>/dev/null; stat -c %a "${word#*=}/Dockerfile" > "$LOG.mode" ;;
esac; done
sleep 0.05
rmdir "$LOG.busy"
"""


@pytest.fixture
def plan(tmp_path: Path) -> BuildPlan:
    (tmp_path / "context").mkdir()
    context = str(tmp_path / "context")
    Path(context, "some.Dockerfile").write_text("FROM busybox\nARG TOKEN\n")
    return BuildPlan("app", IMAGE, (), context, f"{context}/some.Dockerfile", "", {}, {})


@contextmanager
def builder(tmp_path: Path, script: str = RECORDING, **other: str) -> Iterator[Buildkit]:
    (tmp_path / "bin").mkdir(exist_ok=True)
    for name in ("buildctl-daemonless.sh", "buildctl", "buildkitd"):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    environ = {"PATH": path, "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "LOG": str(tmp_path / "log"), **other}
    with workshop(Workshop(environ, {"host": LOGIN}, 0, lambda line: None, Opened())) as shop:
        yield Buildkit(shop)


def said(tmp_path: Path, ending: str = "") -> list[str]:
    return (tmp_path / f"log{ending}").read_text().splitlines()


def test_a_build_fills_the_cache_and_its_values_stand_in_a_private_file(tmp_path: Path, plan: BuildPlan) -> None:
    (tmp_path / "context" / ".dockerignore").write_text("junk\n")
    full = plan._replace(
        target="final",
        build_args={"TOKEN": "s3cret", "NOBODYS": "x"},
        labels={"a.b": "c"},
        epoch=7,
        pins={"base": "host/base@sha256:0"},
    )
    told: list[str] = []
    with builder(tmp_path) as buildkit:
        buildkit.build(full, told.append)
        private = buildkit.workshop.folder
    (line,) = said(tmp_path)
    begin, _, folder = line.partition(" --local dockerfile=")
    assert begin == (
        "build --progress=plain --frontend=dockerfile.v0 --opt filename=Dockerfile --opt target=final"
        " --opt label:a.b=c --opt context:base=docker-image://host/base@sha256:0 --opt build-arg:SOURCE_DATE_EPOCH=7"
        f" --local context={plan.context}"
    )
    assert folder.startswith(f"{private}/")
    assert not private.exists()
    assert said(tmp_path, ".folder/Dockerfile") == ["FROM busybox", "ARG TOKEN", "ARG TOKEN='s3cret'"]
    assert said(tmp_path, ".folder/Dockerfile.dockerignore") == ["junk"]
    assert said(tmp_path, ".mode") == ["600"]
    assert told == ["app: no ARG of the Dockerfile takes the build arg NOBODYS"]


def test_the_push_asks_for_the_same_again_and_tells_the_digest(tmp_path: Path, plan: BuildPlan) -> None:
    with builder(tmp_path) as buildkit:
        buildkit.build(plan, lambda line: None)
        assert buildkit.push(plan, lambda line: None, lambda: None) == "sha256:abc"
    build, push = (line.split(" ") for line in said(tmp_path))
    words = [word for word in push if word not in build]
    assert words[1] == "--output=type=image,name=host/g/p/app:0123,push=true"
    assert words[2].startswith("--metadata-file=/")
    assert len(words) == 3  # the first is another copy of the Dockerfile


@pytest.mark.parametrize(
    ("user", "given", "flags"),
    [
        (0, "", ""),
        (1000, "", "--oci-worker-no-process-sandbox"),
        (1000, "--root=/cache", "--root=/cache"),
    ],
)
def test_buildkitd_is_told_what_a_user_without_rights_needs(
    tmp_path: Path, plan: BuildPlan, monkeypatch: pytest.MonkeyPatch, user: int, given: str, flags: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    with builder(tmp_path, BUILDKITD_FLAGS=given) as buildkit:
        buildkit.build(plan, lambda line: None)
    assert said(tmp_path, ".flags") == [flags]


def test_all_else_that_a_plan_says_is_passed_on_and_no_value_is_seen(tmp_path: Path, plan: BuildPlan) -> None:
    cache = Cache("auto", registry=(IMAGE.with_tag("cache-main"),), export=IMAGE.with_tag("cache-topic"))
    full = plan._replace(
        platforms=("linux/amd64", "linux/arm64"),
        secrets=(Secret("token", variable="TOKEN"),),
        ssh=(SshKey("default"),),
        annotations=(Annotation("manifest", "a", "b,c"), Annotation("index-descriptor", "d", "e")),
        cache=cache,
    )
    with builder(tmp_path, TOKEN="s3cret") as buildkit:
        told = buildkit.workshop._replace(has=lambda reference: "sha256:1")
        Buildkit(told).build(full, lambda line: None)
        Buildkit(told).push(full, lambda line: None, lambda: None)
    build, push = said(tmp_path)
    for line in (build, push):
        assert "--opt platform=linux/amd64,linux/arm64" in line
        assert "--secret=id=token,env=CI_KIT_SECRET_0 --ssh=default" in line
        assert "--import-cache=type=registry,ref=host/g/p/app:cache-main" in line
        assert "s3cret" not in line
    export = "--export-cache=type=registry,ref=host/g/p/app:cache-topic,mode=max,"
    assert export in build
    assert export not in push
    notes = '"annotation.a=b,c",annotation-index-descriptor.d=e'
    assert f"--output=type=image,name=host/g/p/app:0123,push=true,oci-mediatypes=true,{notes} " in push


def test_a_proxy_is_an_option_and_one_with_a_password_is_refused(tmp_path: Path, plan: BuildPlan) -> None:
    with builder(tmp_path, HTTP_PROXY="http://proxy:3128") as buildkit:
        buildkit.build(plan._replace(build_args={"no_proxy": "host"}), lambda line: None)
    (line,) = said(tmp_path)
    assert "--opt build-arg:HTTP_PROXY=http://proxy:3128 --opt build-arg:http_proxy=http://proxy:3128" in line
    assert "--opt build-arg:no_proxy=host" in line
    assert said(tmp_path, ".folder/Dockerfile") == ["FROM busybox", "ARG TOKEN"]
    told = "HTTPS_PROXY has a password"
    with (
        builder(tmp_path, HTTPS_PROXY="http://u:s3cret@proxy") as buildkit,
        pytest.raises(BuildError, match=told) as found,
    ):
        buildkit.build(plan, lambda line: None)
    assert "s3cret" not in str(found.value)


def test_buildkitd_trusts_the_ca_of_the_instance(tmp_path: Path, plan: BuildPlan) -> None:
    (tmp_path / "ca.pem").write_text("x")
    with builder(tmp_path, CI_KIT_CA=str(tmp_path / "ca.pem"), BUILDKITD_FLAGS="--debug") as buildkit:
        buildkit.build(plan, lambda line: None)
        assert said(tmp_path, ".flags") == [f"--debug --config={buildkit.workshop.folder}/buildkitd.toml"]
        assert f'ca = ["{tmp_path}/ca.pem"]' in (buildkit.workshop.folder / "buildkitd.toml").read_text()


def test_buildkitd_asks_the_mirror_first(tmp_path: Path, plan: BuildPlan) -> None:
    with builder(tmp_path) as buildkit:
        Buildkit(buildkit.workshop._replace(mirror="http://mirror:5000")).build(plan, lambda line: None)
        text = (buildkit.workshop.folder / "buildkitd.toml").read_text()
    assert text == '[registry."mirror:5000"]\n  http = true\n[registry."docker.io"]\n  mirrors = ["mirror:5000"]\n'


def test_several_images_at_once_have_one_buildkitd_after_the_other(tmp_path: Path, plan: BuildPlan) -> None:
    with builder(tmp_path) as buildkit, ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: buildkit.build(plan, lambda line: None), range(3)))
    assert len(said(tmp_path)) == 3


def test_failures_are_told_by_their_cause(tmp_path: Path, plan: BuildPlan) -> None:
    failing = 'echo "error: failed to solve: process \\"/bin/sh -c false\\" did not complete"; exit 1'
    with builder(tmp_path, failing) as buildkit, pytest.raises(BuildError, match="app was not built: failed to solve"):
        buildkit.build(plan, lambda line: None)
    refused = 'echo "error: failed to solve: failed to push host/g: denied: no"; exit 1'
    with builder(tmp_path, refused) as buildkit, pytest.raises(DeniedError, match="was not pushed: failed to solve"):
        buildkit.push(plan, lambda line: None, lambda: None)
    with builder(tmp_path, "exit 0") as buildkit, pytest.raises(NotPushedError, match="buildctl told no digest"):
        buildkit.push(plan, lambda line: None, lambda: None)


def test_what_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "missing", lambda: ())
    with builder(tmp_path) as buildkit:
        environ = {"PATH": str(tmp_path / "bin")}
        assert list(buildkit.missing(environ, THE_DAEMONS)) == []
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        assert [lack.what for lack in buildkit.missing(environ, THE_DAEMONS)] == ["there is no rootlesskit"]
        monkeypatch.setattr(os, "geteuid", lambda: 0)
    (lack,) = Buildkit.missing({"PATH": str(tmp_path)}, THE_DAEMONS)
    assert lack.what == "there is no buildctl-daemonless.sh and no buildctl and no buildkitd"
