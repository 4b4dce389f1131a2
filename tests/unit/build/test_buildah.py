"""buildah's command lines and variables, by a program that writes them down; the real one is in tests/integration."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ci_kit.build.builders.buildah import Buildah
from ci_kit.build.machine import namespaces
from ci_kit.build.machine.lack import Lack
from ci_kit.build.machine.namespaces import Namespaces
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
[ "$1" = unshare ] && exit 0
while [ "${1#--}" != "$1" ]; do echo "$1" >> "$LOG.global"; shift; done
echo "$@" >> "$LOG"
env > "$LOG.environ"
for word; do case $word in --digestfile=*) echo sha256:abc > "${word#*=}" ;; esac; done
"""


@pytest.fixture
def plan(tmp_path: Path) -> BuildPlan:
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "Dockerfile").write_text(
        "FROM busybox:1.36 AS a\nFROM host:1/x/y:1\nFROM team/tool\nFROM a\n"
    )
    context = str(tmp_path / "context")
    return BuildPlan("app", IMAGE, (), context, f"{context}/Dockerfile", "", {}, {})


@pytest.fixture(autouse=True)
def overlay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "tried", lambda folder: Namespaces("", "", overlay=True))


@contextmanager
def builder(tmp_path: Path, script: str = RECORDING, **other: str) -> Iterator[Buildah]:
    (tmp_path / "bin").mkdir(exist_ok=True)
    program = tmp_path / "bin" / "buildah"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    environ = {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "LOG": str(tmp_path / "log"),
        **other,
    }
    with workshop(Workshop(environ, {"host": LOGIN}, 0, lambda line: None, Opened())) as shop:
        yield Buildah(shop)


def said(tmp_path: Path, ending: str = "") -> list[str]:
    return (tmp_path / f"log{ending}").read_text().splitlines()


def test_values_of_build_arguments_travel_in_the_environment_only(tmp_path: Path, plan: BuildPlan) -> None:
    full = plan._replace(target="final", build_args={"TOKEN": "s3cret"}, labels={"a.b": "c"}, epoch=1767319445)
    with builder(tmp_path) as buildah:
        buildah.build(full, lambda line: None)
    (line,) = said(tmp_path)
    words = [word for word in line.split() if not word.startswith("--ulimit=")]
    assert words == [
        "build",
        "--isolation=chroot",
        "--network=host",
        "--layers",
        "--tag=host/g/p/app:0123",
        f"--file={plan.dockerfile}",
        "--build-context=busybox:1.36=docker-image://docker.io/library/busybox:1.36",
        "--build-context=team/tool=docker-image://docker.io/team/tool",
        "--target=final",
        "--format=docker",
        "--label=a.b=c",
        "--timestamp=1767319445",
        "--build-arg=TOKEN",
        plan.context,
    ]
    assert "TOKEN=s3cret" in said(tmp_path, ".environ")


def test_storage_and_logins_are_private_and_gone_afterwards(tmp_path: Path, plan: BuildPlan) -> None:
    with builder(tmp_path, DOCKER_AUTH_CONFIG="", SOURCE_DATE_EPOCH="5") as buildah:
        buildah.build(plan, lambda line: None)
        private = buildah.workshop.folder / "buildah"
        assert private.stat().st_mode & 0o777 == 0o700
        environ = dict(line.partition("=")[::2] for line in said(tmp_path, ".environ") if "=" in line)
        assert environ["REGISTRY_AUTH_FILE"] == f"{buildah.workshop.folder}/config.json"
        assert environ["TMPDIR"] == f"{private}/tmp"
        assert "SOURCE_DATE_EPOCH" not in environ
        first = [f"--root={private}/root", f"--runroot={private}/run", "--storage-driver=overlay"]
        assert said(tmp_path, ".global") == first
    assert not private.exists()


@pytest.mark.parametrize(
    ("own", "kept"), [("", False), ("unqualified-search-registries = []\n", False), ("# docker.io\n", True)]
)
def test_a_mirror_of_docker_hub_is_added_to_what_the_machine_has(
    tmp_path: Path, plan: BuildPlan, own: str, kept: bool
) -> None:
    (tmp_path / "own.conf").write_text(own)
    with builder(tmp_path, CONTAINERS_REGISTRIES_CONF=str(tmp_path / "own.conf")) as buildah:
        shop = buildah.workshop._replace(mirror="http://mirror:5000/hub/")
        Buildah(shop).build(plan, lambda line: None)
        environ = dict(line.partition("=")[::2] for line in said(tmp_path, ".environ") if "=" in line)
        text = Path(environ["CONTAINERS_REGISTRIES_CONF"]).read_text()
    mirror = '[[registry.mirror]]\nlocation = "mirror:5000/hub"\ninsecure = true\n'
    assert text == (own if kept else f'{own}\n[[registry]]\nlocation = "docker.io"\n{mirror}')


def test_the_push_tells_the_digest(tmp_path: Path, plan: BuildPlan) -> None:
    with builder(tmp_path) as buildah:
        assert buildah.push(plan, lambda line: None, lambda: None) == "sha256:abc"
    (line,) = said(tmp_path)
    assert line.startswith("push --digestfile=/")
    assert line.endswith("/digest host/g/p/app:0123 docker://host/g/p/app:0123")


def test_a_dockerfile_that_asks_for_the_date_gets_it(tmp_path: Path, plan: BuildPlan) -> None:
    Path(plan.dockerfile).write_text("FROM scratch\nARG SOURCE_DATE_EPOCH\n")
    with builder(tmp_path) as buildah:
        buildah.build(plan._replace(epoch=7), lambda line: None)
        buildah.build(plan._replace(epoch=7, build_args={"SOURCE_DATE_EPOCH": "8"}), lambda line: None)
    first, second = said(tmp_path)
    assert first.endswith(f"--timestamp=7 --build-arg=SOURCE_DATE_EPOCH=7 {plan.context}")
    assert second.endswith(f"--timestamp=8 --build-arg=SOURCE_DATE_EPOCH=8 {plan.context}")


def test_the_ignore_file_is_the_one_that_docker_takes(tmp_path: Path, plan: BuildPlan) -> None:
    context = Path(plan.context)
    (context / ".containerignore").write_text("x")
    (context / ".dockerignore").write_text("y")
    with builder(tmp_path) as buildah:
        buildah.build(plan, lambda line: None)
        (context / "Dockerfile.dockerignore").write_text("z")
        buildah.build(plan, lambda line: None)
    first, second = said(tmp_path)
    assert f"--ignorefile={context}/.dockerignore " in first
    assert f"--ignorefile={context}/Dockerfile.dockerignore " in second


def test_what_an_image_of_the_same_run_is_now_is_what_is_built_from(tmp_path: Path, plan: BuildPlan) -> None:
    pinned = plan._replace(pins={"host:1/x/y:1": f"host:1/x/y@sha256:{'0' * 64}"})
    with builder(tmp_path) as buildah:
        buildah.build(pinned, lambda line: None)
    assert f"--build-context=host:1/x/y:1=docker-image://host:1/x/y@sha256:{'0' * 64} " in said(tmp_path)[0]


@pytest.mark.parametrize(
    ("fuse", "expected"),
    [(False, ["--storage-driver=vfs"]), (True, ["--storage-driver=overlay", "--storage-opt=overlay.mount_program={}"])],
)
def test_without_overlay_on_the_file_system_there_is_fuse_or_copies(
    tmp_path: Path, plan: BuildPlan, monkeypatch: pytest.MonkeyPatch, fuse: bool, expected: list[str]
) -> None:
    monkeypatch.setattr(namespaces, "tried", lambda folder: Namespaces("", ""))
    monkeypatch.setattr("ci_kit.build.builders.buildah._FUSE", tmp_path / "fuse")
    if fuse:
        (tmp_path / "fuse").touch()
    with builder(tmp_path) as buildah:
        program = tmp_path / "bin" / "fuse-overlayfs"
        program.touch(0o755)
        buildah.build(plan, lambda line: None)
    assert said(tmp_path, ".global")[2:] == [word.format(program) for word in expected]
    assert ("--layers" if fuse else "--layers=false") in said(tmp_path)[0].split()


def test_the_job_may_choose_storage_isolation_and_format_by_buildahs_own_variables(
    tmp_path: Path, plan: BuildPlan
) -> None:
    own = {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "oci", "BUILDAH_FORMAT": "oci"}
    with builder(tmp_path, **own) as buildah:
        buildah.build(plan, lambda line: None)
    assert said(tmp_path, ".global")[2:] == ["--storage-driver=vfs"]
    for word in ("--isolation", "--network", "--format"):
        assert word not in said(tmp_path)[0]


def test_secrets_and_keys_are_named_and_their_values_are_elsewhere(tmp_path: Path, plan: BuildPlan) -> None:
    secrets = (Secret("token", variable="TOKEN"), Secret("file", file="/run/file"))
    full = plan._replace(
        secrets=secrets, ssh=(SshKey("default"), SshKey("key", variable="KEY")), platforms=("linux/arm64",)
    )
    with builder(tmp_path, TOKEN="s3cret", KEY="-----KEY-----") as buildah:
        buildah.build(full, lambda line: None)
        private = buildah.workshop.folder
    words = said(tmp_path)[0].split()
    assert [word for word in words if word.startswith(("--secret", "--ssh", "--platform"))] == [
        "--platform=linux/arm64",
        "--secret=id=token,env=CI_KIT_SECRET_0",
        "--secret=id=file,src=/run/file",
        "--ssh=default",
        f"--ssh=key={private}/ssh-app-key",
    ]
    assert "CI_KIT_SECRET_0=s3cret" in said(tmp_path, ".environ")


def test_annotations_that_somebody_asked_for_make_an_image_of_ocis_format(tmp_path: Path, plan: BuildPlan) -> None:
    ours = Annotation("manifest", "org.opencontainers.image.title", "x")
    theirs = (Annotation("manifest", "team", "a b"), Annotation("index", "team", "a b"))
    told: list[str] = []
    with builder(tmp_path) as buildah:
        shop = buildah.workshop._replace(output=told.append)
        Buildah(shop).build(plan._replace(annotations=(ours,)), lambda line: None)
        Buildah(shop).build(plan._replace(annotations=(ours, *theirs)), lambda line: None)
    first, second = said(tmp_path)
    assert "--format=docker" in first
    assert "--annotation" not in first
    assert "--format=oci --annotation=org.opencontainers.image.title=x --annotation=team=a b " in second
    assert told == ["app: buildah writes annotations at the level manifest only"]


def test_what_buildah_cannot_do_is_told_or_refused(tmp_path: Path, plan: BuildPlan) -> None:
    told: list[str] = []
    with builder(tmp_path) as buildah:
        one = Buildah(buildah.workshop._replace(output=told.append))
        one.build(plan._replace(cache=Cache("auto")), lambda line: None)
        one.build(plan._replace(cache=Cache("registry")), lambda line: None)
        with pytest.raises(BuildError, match="makes one platform an image"):
            one.build(plan._replace(platforms=("linux/amd64", "linux/arm64")), lambda line: None)
    assert told == ["app: no cache is read or written: buildah's is of another kind than BuildKit's"]


def test_failures_are_told_by_their_cause(tmp_path: Path, plan: BuildPlan) -> None:
    step = 'app was not built: building at STEP "RUN false": exit status 1'
    failing = 'echo "Error: building at STEP \\"RUN false\\": exit status 1"; exit 1'
    with builder(tmp_path, failing) as buildah, pytest.raises(BuildError, match=step):
        buildah.build(plan, lambda line: None)
    refused, denied = (
        'echo "Error: writing blob: denied: requested access"; exit 125',
        "was not pushed: writing blob: denied",
    )
    with builder(tmp_path, refused) as buildah, pytest.raises(DeniedError, match=denied):
        buildah.push(plan, lambda line: None, lambda: None)
    with builder(tmp_path, "exit 0") as buildah, pytest.raises(NotPushedError, match="buildah told no digest"):
        buildah.push(plan, lambda line: None, lambda: None)


@pytest.mark.parametrize("name", ["PATH", "TMPDIR", "BUILDAH_FORMAT", "STORAGE_DRIVER", "REGISTRY_AUTH_FILE"])
def test_a_build_argument_that_would_change_buildah_itself_is_refused(
    tmp_path: Path, plan: BuildPlan, name: str
) -> None:
    with builder(tmp_path) as buildah, pytest.raises(BuildError, match=f"{name} would change buildah itself"):
        buildah.build(plan._replace(build_args={name: "x"}), lambda line: None)


def test_what_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "missing", lambda: [Lack("no namespaces", "make some")])
    with builder(tmp_path) as buildah:
        environ = buildah.workshop.environ
    assert Buildah.missing(environ, THE_DAEMONS) == [Lack("no namespaces", "make some")]
    (lack,) = Buildah.missing({"PATH": str(tmp_path)}, THE_DAEMONS)
    assert lack.what == "there is no buildah command"
