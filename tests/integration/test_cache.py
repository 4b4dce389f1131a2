"""Steps of earlier builds in a daemon that has none: kept in the registry, or in the image, and never at any price."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ci_kit.model.image import ImageRef
from tests.build_daemon import dind
from tests.integration.job import Job, commit, make_job
from tests.integration.test_build_push import client
from tests.rig import Rig

pytestmark = pytest.mark.integration
DOCKERFILE = """\
FROM busybox:1.36
RUN od -N 16 -x /dev/urandom >/random
COPY greeting /greeting
"""
STAGES = """\
FROM busybox:1.36 AS one
RUN od -N 16 -x /dev/urandom >/random
FROM busybox:1.36
COPY greeting /greeting
COPY --from=one /random /random
"""
STORES = {"classic": {}, "containerd": {"features": {"containerd-snapshotter": True}}}


@dataclass(frozen=True, slots=True)
class Fresh:
    """A daemon that can forget all it has built."""

    rig: Rig
    host: str
    store: str

    def forget(self) -> None:
        for words in (["builder", "prune", "--all"], ["image", "prune", "--all"]):
            command = [self.rig.docker, "--host", self.host, *words, "--force"]
            subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def fresh(request: pytest.FixtureRequest, rig: Rig) -> Iterator[Fresh]:
    with dind(rig, f"cache-{request.param}", STORES[request.param]) as host:
        yield Fresh(rig, host, request.param)


def built(job: Job, *arguments: str, **variables: str) -> list[str]:
    """Build anew with another greeting; return the digests of the layers."""
    (job.project / "greeting").write_text(f"{arguments} {variables}", encoding="utf-8")
    sha = commit(job.project, "next")
    done = job.run("build-push", "--no-skip", *arguments, CI_COMMIT_SHA=sha, **variables)
    assert done.returncode == 0, done.stderr
    result = json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))
    return [layer["digest"] for layer in result["images"][0]["layers"]]


def branch(name: str) -> dict[str, str]:
    return {"CI_COMMIT_BRANCH": name, "CI_COMMIT_REF_NAME": name, "CI_COMMIT_REF_SLUG": name}


@pytest.mark.parametrize(
    ("fresh", "builder"),
    [("classic", "buildx"), ("classic", "docker"), ("containerd", "buildx")],
    indirect=["fresh"],
)
def test_a_branch_takes_the_steps_of_the_default_branch(rig: Rig, fresh: Fresh, tmp_path: Path, builder: str) -> None:
    job = make_job(rig, fresh.host, tmp_path / f"{builder}-{fresh.store}")
    (job.project / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    image = ["--image", f"cache-{secrets.token_hex(4)}", "--builder", builder]
    first = built(job, *image)
    fresh.forget()
    second = built(job, *image, **branch("feature"))
    assert second[:2] == first[:2]
    assert second[2] != first[2]
    fresh.forget()
    request = {"CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "feature"}
    assert built(job, *image, **branch("other"), **request)[:2] == first[:2]
    fresh.forget()
    assert built(job, *image, "--cache", "none")[:2] != first[:2]


@pytest.mark.parametrize("fresh", ["containerd"], indirect=True)
def test_all_steps_are_kept_in_the_registry_beside_the_image(rig: Rig, fresh: Fresh, tmp_path: Path) -> None:
    job = make_job(rig, fresh.host, tmp_path / "stages")
    (job.project / "Dockerfile").write_text(STAGES, encoding="utf-8")
    name = f"stages-{secrets.token_hex(4)}"
    image = ["--image", name, "--builder", "buildx"]
    first = built(job, *image)
    fresh.forget()
    assert built(job, *image, **branch("feature"))[-1] == first[-1]
    registry = client(rig, job)
    assert sorted(registry.tags(f"{rig.registry_path}/{name}/cache")) == ["feature", "main"]
    registry.close()


@pytest.mark.parametrize("fresh", ["classic", "containerd"], indirect=True)
def test_two_builds_of_one_commit_are_one_image(rig: Rig, fresh: Fresh, tmp_path: Path) -> None:
    """Its dates are the commit's; what a step writes has the time of the step, so nothing is run here."""
    job = make_job(rig, fresh.host, tmp_path / "same")
    words = ["build-push", "--image", "same", "--builder", "buildx", "--no-skip", "--cache", "none"]
    first = job.run(*words)
    assert first.returncode == 0, first.stderr
    fresh.forget()
    assert job.run(*words).stdout == first.stdout


# By kind: no answer, an answer that is none, no trust, no room, no right, and a token that is not taken.
FAULTS = (
    "upstream-down",
    "hangs-up",
    "html-200",
    "expired",
    "disk-full",
    "read-only",
    "storage-denied",
    "token-broken",
)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("fresh", ["containerd"], indirect=True)
def test_a_cache_that_fails_never_fails_the_build(rig: Rig, fresh: Fresh, tmp_path: Path, fault: str) -> None:
    job = make_job(rig, fresh.host, tmp_path / fault)
    cache = f"{rig.faults[fault]}/group/project/x:1"
    words = ["build-push", "--image", "faults", "--builder", "buildx", "--cache-from", cache, "--cache-to", cache]
    done = job.run(*words)
    assert done.returncode == 0, done.stderr
    assert "writing layer" in done.stderr or "exporting cache to registry" in done.stderr
    digest = done.stdout.strip().partition("@")[2]
    registry = client(rig, job)
    assert registry.digest(ImageRef(rig.registry, f"{rig.registry_path}/faults", job.sha)) == digest
    registry.close()


@pytest.mark.parametrize("fresh", ["classic"], indirect=True)
def test_a_registry_that_does_not_answer_costs_a_line(rig: Rig, fresh: Fresh, tmp_path: Path) -> None:
    job = make_job(rig, fresh.host, tmp_path / "line")
    cache = f"{rig.faults['upstream-down']}/group/project/x:1"
    done = job.run("build-push", "--image", "faults", "--builder", "docker", "--cache-from", cache)
    assert done.returncode == 0, done.stderr
    assert f"no cache from {cache.removesuffix(':1')}: " in done.stderr
