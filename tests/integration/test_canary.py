"""A whole build-push with canaries for every secret it is given, and a look at all that others can see afterwards."""

import base64
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci_kit.model.image import ImageRef
from ci_kit.registry.auth import Credentials
from ci_kit.registry.blob import blobs
from ci_kit.registry.opening import open_registry
from tests.faults.sampler import Sampler
from tests.integration.job import Job, commit, make_job
from tests.rig import Rig

pytestmark = pytest.mark.integration
BUILD_SECRET = "canary-of-the-build-5d1f"
FILE_SECRET = "canary-in-a-file-77ab"
DOCKERFILE = """FROM busybox:1.36
COPY greeting /greeting
RUN --mount=type=secret,id=token --mount=type=secret,id=key cat /run/secrets/token /run/secrets/key | wc -c >/size
"""


def canaries(rig: Rig) -> dict[str, str]:
    """What is secret in this run, by what it is."""
    password = rig.password("ci-user")
    pair = base64.b64encode(f"ci-user:{password}".encode()).decode()
    known = {"password": password, "login": pair, "job token": rig.api_tokens["job"]}
    return known | {"api token": rig.api_tokens["project"], "build": BUILD_SECRET, "file": FILE_SECRET}


def prepared(rig: Rig, daemon: str, folder: Path) -> Job:
    job = make_job(rig, daemon, folder / "project")
    (job.project / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    (folder / "outside").write_text(FILE_SECRET, encoding="utf-8")
    job.environ.update(
        CI_COMMIT_SHA=commit(job.project, folder.name),
        CI_JOB_TOKEN=rig.api_tokens["job"],
        CI_KIT_GITLAB_TOKEN=rig.api_tokens["project"],
        BUILD_TOKEN=BUILD_SECRET,
    )
    return job


def contents(rig: Rig, job: Job, image: str, digest: str) -> Iterator[bytes]:
    """Manifest, configuration and layers of the image, unpacked."""
    where = ImageRef.split(f"{image}@{digest}")
    registry = open_registry(rig.registry, Credentials("ci-user", rig.password("ci-user"), "test"), job.environ)
    try:
        manifest = registry.manifest(where)
        yield manifest.content
        for blob in blobs(manifest):
            content = registry.blob(where.repository, blob.digest)
            yield gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    finally:
        registry.close()


def test_no_secret_is_seen_by_anybody(rig: Rig, daemon: str, tmp_path: Path) -> None:
    job, words = prepared(rig, daemon, tmp_path), canaries(rig)
    secrets = ["--secret", "id=token,env=BUILD_TOKEN", "--secret", f"id=key,src={tmp_path / 'outside'}"]
    with Sampler().running() as sampler:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(0.3)", "control-5f0e"], check=True)
        done = job.run("build-push", "--image", "canary", "--builder", "buildx", *secrets)
    assert done.returncode == 0, done.stderr
    assert sampler.saw("control-5f0e")  # so it would have been seen
    assert sampler.saw("build-push")
    (image,) = json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))["images"]
    name, _, digest = done.stdout.strip().partition("@")
    inside = list(contents(rig, job, name, digest))
    assert any(b"size" in part for part in inside)
    seen = {"command lines": b"\n".join(sampler.lines), "stdout": done.stdout.encode(), "stderr": done.stderr.encode()}
    seen |= {f"part {number} of the image": part for number, part in enumerate(inside)}
    seen |= {str(path): path.read_bytes() for path in left(rig, job) if path != tmp_path / "outside"}
    assert any(path.endswith("ci-kit-result.json") for path in seen)
    assert image["digest"] == digest
    found = [(what, where) for what, word in words.items() for where, text in seen.items() if word.encode() in text]
    assert found == []


def left(rig: Rig, job: Job) -> Iterator[Path]:
    """Every file of the job and of its home, and the log of the daemon where it is ours."""
    for folder in (job.project.parent, job.project.parent / "home"):
        yield from (path for path in folder.rglob("*") if path.is_file())
    log = Path(rig.directory, "dockerd.log")
    if log.exists() and os.access(log, os.R_OK):
        yield log
