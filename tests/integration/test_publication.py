"""What a run tells of its images, with real builders and a real registry: steps, layers, change in size, checks."""

import json
import xml.etree.ElementTree as Xml
from pathlib import Path
from typing import Any

import pytest

from tests.integration.job import Job, assert_no_secret, commit, make_job
from tests.integration.test_record import ask, told
from tests.rig import Rig
from tests.unit.build.fakes import Fakes

pytestmark = pytest.mark.integration

DOCKERFILE = """\
FROM busybox:1.36 AS build
COPY greeting /greeting
RUN echo built > /built
FROM busybox:1.36
COPY --from=build /built /built
RUN wc -c /built > /size
"""


@pytest.fixture
def job(rig: Rig, daemon: str, tmp_path: Path) -> Job:
    ask(rig, "reset", {})
    made = make_job(rig, daemon, tmp_path / "project")
    (made.project / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    return made


def image_of(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))["images"][0]
    return found


def texts(job: Job) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in job.project.glob("ci-kit*")]


@pytest.mark.parametrize("builder", ["docker", "buildx"])
def test_steps_and_layers_are_those_of_the_build(rig: Rig, job: Job, builder: str) -> None:
    arguments = ("build-push", "--builder", builder, "--image", f"told-{builder}", "--no-skip")
    first = job.run(*arguments)
    assert first.returncode == 0, first.stderr
    image = image_of(job)
    counted = [step["name"].partition("] ")[2] for step in image["steps"] if "RUN" in step["name"]]
    assert counted == ["RUN echo built > /built", "RUN wc -c /built > /size"]
    assert {step["state"] for step in image["steps"]} <= {"done", "cached"}
    assert image["cache"]["of"] == 4
    assert [layer["command"].partition(" ")[0] for layer in image["layers"]][-2:] == ["COPY", "RUN"]
    assert sum(layer["size"] for layer in image["layers"]) < image["size"]
    assert job.run(*arguments).returncode == 0
    cached = image_of(job)["cache"]["cached"]
    assert cached == 4 if builder == "buildx" else cached >= 2  # the classic one knows the last stage of the branch
    page = (job.project / "ci-kit-report.html").read_text(encoding="utf-8")
    assert "RUN wc -c /built" in page
    assert f"{cached} of 4" in page
    assert_no_secret(rig, job.environ, *texts(job), first.stderr)


@pytest.mark.parametrize("builder", ["docker", "buildx"])
def test_the_step_that_failed_is_named(rig: Rig, job: Job, builder: str) -> None:
    (job.project / "Dockerfile").write_text("FROM busybox:1.36\nRUN echo before\nRUN exit 7\n", encoding="utf-8")
    done = job.run("build-push", "--builder", builder, "--image", f"broken-{builder}")
    assert done.returncode == 4
    failure = json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))["failures"][0]
    assert [step["name"].partition("] ")[2] for step in failure["steps"] if step["state"] == "failed"] == ["RUN exit 7"]
    suite = Xml.parse(job.project / "ci-kit-junit.xml").getroot()[0]
    assert [(case.get("name"), [inside.tag for inside in case]) for case in suite] == [
        ("built", ["failure"]),
        ("pushed and verified by digest", ["error"]),
    ]
    assert "RUN exit 7" in (job.project / "ci-kit-report.html").read_text(encoding="utf-8")


def test_a_merge_request_is_told_what_it_adds_to_the_image_of_its_target(rig: Rig, job: Job) -> None:
    assert job.run("build-push", "--image", "grown").returncode == 0
    (job.project / "greeting").write_bytes(bytes(range(256)) * 400)
    (job.project / "Dockerfile").write_text("FROM busybox:1.36\nCOPY greeting /greeting\n", encoding="utf-8")
    request = {
        "CI_COMMIT_SHA": commit(job.project, "second"),
        "CI_COMMIT_BRANCH": "",
        "CI_COMMIT_REF_NAME": "feature",
        "CI_COMMIT_REF_SLUG": "feature",
        "CI_MERGE_REQUEST_IID": "3",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
        "CI_KIT_GITLAB_TOKEN": rig.api_tokens["project"],
    }
    done = job.run("build-push", "--image", "grown", **request)
    assert done.returncode == 0, done.stderr
    image = image_of(job)
    assert image["base"]["image"] == f"{job.environ['CI_REGISTRY_IMAGE']}/grown:main"
    (note,) = told(rig, "notes")
    row = next(line for line in str(note["body"]).splitlines() if "grown" in line)
    assert ("+" in row.split("|")[4]) == (image["size"] > image["base"]["size"])
    assert "Change: against the image of `main`." in str(note["body"])


def test_no_tag_but_the_first_leads_to_an_image_that_was_not_passed(rig: Rig, job: Job, tmp_path: Path) -> None:
    fakes = Fakes(tmp_path / "bin")
    fakes.add("trivy", 10)
    fakes.add("cosign")
    fakes.add("syft")
    key = "canary-" + "k" * 30
    job.environ.update(
        PATH=f"{fakes.folder}:{job.environ['PATH']}", COSIGN_PRIVATE_KEY=key, COSIGN_PASSWORD="canary-password"
    )
    # An image of nothing else: the registry of the rig has no busybox, so its content could not be known.
    (job.project / "Dockerfile").write_text("FROM scratch\nCOPY greeting /greeting\n", encoding="utf-8")
    name = f"guarded-{job.sha[:8]}"
    arguments = ("build-push", "--image", name, "--sbom", "--scan", "--sign")
    refused = job.run(*arguments, CI_KIT_GITLAB_TOKEN=rig.api_tokens["project"])
    assert refused.returncode == 1, refused.stderr
    assert [call["name"] for call in fakes.calls()] == ["syft", "trivy"]
    assert tags_of(job, name) == {job.sha}
    assert [status["status"] for status in told(rig, "statuses")] == ["failed"]
    fakes.add("trivy", 0)
    passed = job.run(*arguments)
    assert passed.returncode == 0, passed.stderr
    assert tags_of(job, name) == {job.sha, "main", "latest"}
    assert image_of(job)["skipped"] is True, passed.stderr
    cosign = fakes.calls()[-1]
    assert cosign["argv"] == ["sign", "--yes", "--key=env://COSIGN_PRIVATE_KEY", passed.stdout.strip()]
    assert rig.registry in cosign["logins"]
    assert (job.project / f"ci-kit-sbom-{name}.json").exists()
    for call in fakes.calls():
        assert not any("canary" in word for word in call["argv"])
        assert_no_secret(rig, job.environ, *call["argv"])
    for text in (*texts(job), refused.stderr, passed.stderr):
        assert key not in text
        assert "canary-password" not in text
    assert not list(Path(job.environ["TMPDIR"]).glob("ci-kit*"))


def tags_of(job: Job, name: str) -> set[str]:
    listed = job.run("images", f"{job.environ['CI_REGISTRY_IMAGE']}/{name}", "--format", "json")
    assert listed.returncode == 0, listed.stderr
    tags = {tag for image in json.loads(listed.stdout)["images"] for tag in image["tags"]}
    return {tag for tag in tags if not tag.startswith("content-")}
