"""Images for several platforms: by one builder, or by a job for each and a last one that merges them."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ci_kit.model.image import ImageRef
from ci_kit.registry.auth import Credentials
from ci_kit.registry.opening import open_registry
from tests.build_daemon import dind
from tests.integration.job import Job, make_job
from tests.rig import Rig

pytestmark = pytest.mark.integration
PLATFORMS = ("linux/amd64", "linux/arm64", "linux/arm/v7")
DOCKERFILE = "FROM scratch\nARG TARGETPLATFORM\nCOPY greeting /greeting\nLABEL platform=$TARGETPLATFORM\n"
INDEX = "application/vnd.oci.image.index.v1+json"
REVISION = "org.opencontainers.image.revision"


@pytest.fixture(scope="module")
def containerd(rig: Rig) -> Iterator[str]:
    with dind(rig, "platforms", {"features": {"containerd-snapshotter": True}}) as host:
        yield host


def unique(name: str) -> str:
    """A name that no earlier run with the same rig has used: what is there already would not be built."""
    return f"{name}-{secrets.token_hex(4)}"


def job_of(rig: Rig, host: str, folder: Path) -> Job:
    job = make_job(rig, host, folder)
    (job.project / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    return job


def flat(rig: Rig) -> dict[str, str]:
    """The variables of a job that pushes to the registry without tokens."""
    login = {"CI_REGISTRY_USER": "flat", "CI_REGISTRY_PASSWORD": rig.users["flat"]["password"]}
    return login | {"CI_REGISTRY": rig.flat_registry, "CI_REGISTRY_IMAGE": f"{rig.flat_registry}/platforms"}


def read(job: Job, reference: str, **variables: str) -> tuple[str, dict[str, Any]]:
    """Return digest and manifest of what the registry has now."""
    environ = job.environ | variables
    login = Credentials(environ["CI_REGISTRY_USER"], environ["CI_REGISTRY_PASSWORD"], "test")
    registry = open_registry(environ["CI_REGISTRY"], login, environ)
    try:
        found = registry.manifest(ImageRef.split(reference))
        return found.digest, dict(found.document())
    finally:
        registry.close()


def test_one_builder_makes_an_index_of_all_platforms(rig: Rig, containerd: str, tmp_path: Path) -> None:
    job = job_of(rig, containerd, tmp_path / "one")
    words = ["--image", unique("one-builder"), "--builder", "buildx", "--platform", ",".join(PLATFORMS)]
    words += ["--annotation", "index-descriptor:team=x", "--annotation", "index:kind=all"]
    done = job.run("build-push", *words)
    assert done.returncode == 0, done.stderr
    name, _, printed = done.stdout.strip().partition("@")
    digest, index = read(job, f"{name}:latest")
    assert digest == printed
    assert index["mediaType"] == INDEX
    assert [entry["platform"]["architecture"] for entry in index["manifests"]] == ["amd64", "arm64", "arm"]
    assert index["annotations"] | {"kind": "all"} == index["annotations"]
    assert index["annotations"][REVISION] == job.sha
    for entry in index["manifests"]:
        assert read(job, f"{name}@{entry['digest']}")[1]["annotations"][REVISION] == job.sha
    image = json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))["images"][0]
    assert image["platforms"] == list(PLATFORMS)
    assert job.run("build-push", *words).stdout == done.stdout


def test_a_store_of_one_platform_says_what_helps(rig: Rig, daemon: str, tmp_path: Path) -> None:
    job = job_of(rig, daemon, tmp_path / "classic")
    for builder in ("docker", "buildx"):
        done = job.run("build-push", "--builder", builder, "--platform", "linux/amd64,linux/arm64")
        assert done.returncode == 4
        assert "makes one platform an image, not linux/amd64, linux/arm64 -> " in done.stderr
        assert "pipeline.native" in done.stderr


@pytest.mark.parametrize("registry", ["tokens", "flat"])
def test_children_of_several_jobs_become_one_index(rig: Rig, daemon: str, tmp_path: Path, registry: str) -> None:
    job = job_of(rig, daemon, tmp_path / registry)
    variables = flat(rig) if registry == "flat" else {}
    image = ["--image", unique("native")]
    files = [str(tmp_path / f"{platform.replace('/', '-')}.json") for platform in PLATFORMS]
    started = [
        job.start(
            "build-push",
            "--child",
            *image,
            "--builder",
            "buildx",
            "--platform",
            platform,
            "--result",
            file,
            **variables,
        )
        for platform, file in zip(PLATFORMS, files, strict=True)
    ]
    ended = [(process.communicate(timeout=300), process.returncode) for process in started]
    assert [code for _, code in ended] == [0, 0, 0], ended
    merge = ["merge", *image, "--platform", ",".join(PLATFORMS), "--result", str(tmp_path / "whole.json"), *files]
    whole = job.run(*merge, **variables)
    assert whole.returncode == 0, whole.stderr
    name, _, printed = whole.stdout.strip().partition("@")
    for tag in (job.sha, "main", "latest"):
        digest, index = read(job, f"{name}:{tag}", **variables)
        assert digest == printed
    children = [out.strip().partition("@")[2] for (out, _), _ in ended]
    assert [entry["digest"] for entry in index["manifests"]] == children
    assert [entry["platform"] for entry in index["manifests"]] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "linux"},
        {"architecture": "arm", "os": "linux", "variant": "v7"},
    ]
    assert index["annotations"][REVISION] == job.sha
    again = job.run(*merge, **variables)
    assert (again.returncode, again.stdout) == (0, whole.stdout)
    job.run("build-push", "--child", *image, "--platform", "linux/arm64", "--result", files[0], **variables)
    skipped = json.loads(Path(files[0]).read_text(encoding="utf-8"))["images"][0]
    assert (skipped["skipped"], skipped["digest"]) == (True, children[1])
    reports = (job.project / "ci-kit.env").read_text(encoding="utf-8")
    assert f"CI_KIT_IMAGE_DIGEST={printed}\n" in reports


def test_docker_pulls_its_own_platform_from_the_index(rig: Rig, daemon: str, tmp_path: Path) -> None:
    job = make_job(rig, daemon, tmp_path / "pulled")
    image = ["--image", unique("pulled")]
    child = ["build-push", "--child", *image]
    mine = job.run(*child, "--builder", "docker", "--platform", "linux/amd64", "--result", "a.json")
    assert mine.returncode == 0, mine.stderr
    (job.project / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    other = job.run(*child, "--builder", "buildx", "--platform", "linux/arm64", "--result", "b.json")
    assert other.returncode == 0, other.stderr
    whole = job.run("merge", *image, "a.json", "b.json")
    assert whole.returncode == 0, whole.stderr
    docker(rig, job, "pull", whole.stdout.strip())
    assert docker(rig, job, "run", "--rm", whole.stdout.strip()) == "hello from pulled\n"


def docker(rig: Rig, job: Job, *words: str) -> str:
    login = [rig.docker, "login", "--username", "ci-user", "--password-stdin", rig.registry]
    subprocess.run(login, input=rig.password("ci-user"), text=True, env=job.environ, capture_output=True, check=True)
    done = subprocess.run([rig.docker, *words], env=job.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_child_that_is_missing_keeps_every_tag_where_it_is(rig: Rig, daemon: str, tmp_path: Path) -> None:
    job = job_of(rig, daemon, tmp_path / "missing")
    name = unique("missing")
    child = ["build-push", "--child", "--image", name, "--builder", "buildx", "--platform", "linux/arm64"]
    assert job.run(*child, "--result", "a.json").returncode == 0
    done = job.run("merge", "--image", name, "--platform", "linux/amd64,linux/arm64", "a.json")
    assert done.returncode == 2
    assert f"a.json: {name}: no result has linux/amd64 -> its job failed" in done.stderr
    said = json.loads((job.project / "a.json").read_text(encoding="utf-8"))
    said["images"][0]["digest"] = f"sha256:{'0' * 64}"
    (job.project / "a.json").write_text(json.dumps(said), encoding="utf-8")
    done = job.run("merge", "--image", name, "a.json")
    assert done.returncode == 5
    assert "built for linux/arm64, is not in the registry" in done.stderr
    login = Credentials("ci-user", rig.password("ci-user"), "test")
    registry = open_registry(rig.registry, login, job.environ)
    assert registry.digest(ImageRef(rig.registry, f"{rig.registry_path}/{name}", "main")) == ""
    registry.close()
