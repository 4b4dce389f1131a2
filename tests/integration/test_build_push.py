"""build-push against a real daemon and real registries: what it promises, seen from outside."""

import json
import re
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from ci_kit.registry.auth import Credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.opening import open_registry
from tests.integration.job import Job, assert_no_secret, commit, make_job
from tests.rig import Rig

pytestmark = pytest.mark.integration
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@pytest.fixture
def job(rig: Rig, daemon: str, tmp_path: Path) -> Job:
    return make_job(rig, daemon, tmp_path / "project")


def client(rig: Rig, job: Job) -> RegistryClient:
    login = Credentials(job.environ["CI_REGISTRY_USER"], job.environ["CI_REGISTRY_PASSWORD"], "test")
    return open_registry(job.environ["CI_REGISTRY"], login, job.environ)


def result(job: Job) -> dict[str, object]:
    return json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("builder", ["docker", "buildx"])
def test_the_registry_has_what_is_printed_and_recorded(rig: Rig, job: Job, builder: str) -> None:
    done = job.run("build-push", "--image", f"printed-{builder}", "--builder", builder)
    assert done.returncode == 0, done.stderr
    image = result(job)["images"][0]
    assert done.stdout == f"{rig.registry}/{rig.registry_path}/printed-{builder}@{image['digest']}\n"
    assert image["tags"] == [job.sha, "main", "latest"]
    assert image["builder"] == builder
    assert image["platforms"] == ["linux/amd64"]
    registry = client(rig, job)
    from ci_kit.model.image import ImageRef

    for tag in image["tags"]:
        reference = ImageRef(rig.registry, f"{rig.registry_path}/printed-{builder}", tag)
        assert registry.digest(reference) == image["digest"]
    registry.close()


@pytest.mark.parametrize("builder", ["docker", "buildx"])
def test_labels_lead_back_to_the_commit(rig: Rig, job: Job, builder: str) -> None:
    done = job.run("build-push", "--image", f"labels-{builder}", "--builder", builder)
    assert done.returncode == 0, done.stderr
    shown = subprocess.run(
        [
            rig.docker,
            "inspect",
            "--format",
            "{{json .Config.Labels}}",
            f"{job.environ['CI_REGISTRY_IMAGE']}/labels-{builder}:{job.sha}",
        ],
        env=job.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    labels = json.loads(shown.stdout)
    assert labels["org.opencontainers.image.revision"] == job.sha
    assert labels["org.opencontainers.image.created"] == "2026-11-01T12:00:00+00:00"
    assert labels["org.opencontainers.image.source"] == job.environ["CI_PROJECT_URL"]
    assert labels["org.opencontainers.image.ref.name"] == "main"


def test_the_reports_are_what_gitlab_reads(job: Job) -> None:
    done = job.run("build-push", "--image", "reports")
    assert done.returncode == 0, done.stderr
    digest = result(job)["images"][0]["digest"]
    name = f"{job.environ['CI_REGISTRY_IMAGE']}/reports"
    assert (job.project / "ci-kit.env").read_text() == (
        f"CI_KIT_IMAGE_REF={name}@{digest}\nCI_KIT_IMAGE_TAG={name}:{job.sha}\nCI_KIT_IMAGE_DIGEST={digest}\n"
    )
    link = json.loads((job.project / "ci-kit-annotations.json").read_text())["Images"][0]["external_link"]
    assert link == {"label": f"{name}@{digest}", "url": f"{job.environ['CI_PROJECT_URL']}/container_registry"}


def test_a_flat_registry_with_a_password_file_works_too(rig: Rig, job: Job) -> None:
    flat = {
        "CI_REGISTRY": rig.flat_registry,
        "CI_REGISTRY_IMAGE": f"{rig.flat_registry}/app",
        "CI_REGISTRY_USER": "flat",
        "CI_REGISTRY_PASSWORD": rig.users["flat"]["password"],
    }
    done = job.run("build-push", **flat)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{rig.flat_registry}/app@sha256:")


def test_no_secret_is_left_anywhere(rig: Rig, job: Job) -> None:
    done = job.run("build-push", "--image", "secret", CI_KIT_GITLAB_TOKEN=rig.api_tokens["project"])
    assert done.returncode == 0, done.stderr
    left = [
        path for folder in (job.project, job.project.parent / "home") for path in folder.rglob("*") if path.is_file()
    ]
    texts = [path.read_bytes().decode("latin-1") for path in left]
    assert_no_secret(rig, job.environ, done.stdout, done.stderr, *texts)
    assert not list((job.project.parent / "home").glob("ci-kit-*"))


def test_the_private_config_is_0600_and_gone_after_sigterm(rig: Rig, job: Job) -> None:
    (job.project / "Dockerfile").write_text("FROM busybox:1.36\nRUN sleep 120\n", encoding="utf-8")
    process = job.start("build-push", "--image", "stopped")
    home = job.project.parent / "home"
    deadline = time.monotonic() + 60
    while not (found := list(home.glob("ci-kit-docker-*/config.json"))) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert stat.S_IMODE(found[0].stat().st_mode) == 0o600
    assert stat.S_IMODE(found[0].parent.stat().st_mode) == 0o700
    time.sleep(2)
    command_lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert job.environ["CI_REGISTRY_PASSWORD"].encode() not in b"\n".join(command_lines)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "SIGTERM" in stderr
    assert not list(home.glob("ci-kit-*"))


def test_build_args_and_target_reach_the_build(rig: Rig, job: Job) -> None:
    (job.project / "Dockerfile").write_text(
        'FROM busybox:1.36 AS small\nARG COLOUR\nRUN echo $COLOUR > /colour\nCMD ["cat", "/colour"]\n'
        "FROM small\nRUN false\n",
        encoding="utf-8",
    )
    for builder in ("docker", "buildx"):
        options = ["--image", f"args-{builder}", "--builder", builder]
        done = job.run("build-push", *options, "--target", "small", "--build-arg", "COLOUR=teal")
        assert done.returncode == 0, done.stderr
        shown = subprocess.run(
            [rig.docker, "run", "--rm", f"{job.environ['CI_REGISTRY_IMAGE']}/args-{builder}:{job.sha}"],
            env=job.environ,
            capture_output=True,
            text=True,
            check=True,
        )
        assert shown.stdout == "teal\n"


def test_several_images_and_one_that_fails(rig: Rig, job: Job) -> None:
    (job.project / "broken").mkdir()
    (job.project / "broken" / "Dockerfile").write_text("FROM busybox:1.36\nRUN exit 3\n", encoding="utf-8")
    (job.project / ".ci-kit.yml").write_text(
        "version: 1\nimages:\n  - {name: broken, image: broken, context: broken}\n  - {name: good, image: good}\n",
        encoding="utf-8",
    )
    done = job.run("build-push")
    assert done.returncode == 4
    assert [image["name"] for image in result(job)["images"]] == ["good"]
    assert done.stdout.startswith(f"{job.environ['CI_REGISTRY_IMAGE']}/good@sha256:")
    assert done.stderr.splitlines()[-1].startswith("ci-kit build-push: error: broken was not built")


def test_a_job_of_a_tag_gets_the_tag(rig: Rig, job: Job) -> None:
    tagged = {
        "CI_COMMIT_TAG": "v1.2.3",
        "CI_COMMIT_REF_NAME": "v1.2.3",
        "CI_COMMIT_REF_SLUG": "v1-2-3",
        "CI_COMMIT_BRANCH": "",
    }
    done = job.run("build-push", "--image", f"of-a-tag-{job.sha[:8]}", **tagged)
    assert done.returncode == 0, done.stderr
    assert result(job)["images"][0]["tags"] == [job.sha, "v1.2.3"]


def test_a_second_commit_moves_latest_and_leaves_the_first(rig: Rig, job: Job) -> None:
    name = f"moves-{job.sha[:8]}"
    assert job.run("build-push", "--image", name).returncode == 0
    first = result(job)["images"][0]["digest"]
    (job.project / "greeting").write_text("again\n", encoding="utf-8")
    sha = commit(job.project, "second")
    assert job.run("build-push", "--image", name, CI_COMMIT_SHA=sha).returncode == 0
    second = result(job)["images"][0]["digest"]
    listed = job.run("images", name, "--format", "json")
    found = [(tag, image["digest"]) for image in json.loads(listed.stdout)["images"] for tag in image["tags"]]
    tags = {tag: digest for tag, digest in found if not tag.startswith("content-")}
    assert tags == {job.sha: first, sha: second, "main": second, "latest": second}
    assert first != second
