"""The whole of `ci-kit build-push` with checks between the first tag and the others."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.build.fakes import Fakes
from tests.unit.build.test_skip import ONE, TWO, Job, running


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Job]:
    project = tmp_path / "project"
    project.mkdir()
    with running(project, monkeypatch, capsys) as made:
        yield made


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return Fakes(tmp_path / "bin")


def result(job: Job) -> dict[str, object]:
    said: dict[str, object] = json.loads((job.root / "ci-kit-result.json").read_text())
    return said


def test_an_image_that_fails_its_scan_keeps_the_tag_of_its_commit_alone(job: Job, fakes: Fakes) -> None:
    fakes.add("trivy", 10)
    fakes.add("cosign")
    code, out, err = job.run("--scan", "--sign", COSIGN_PRIVATE_KEY="canary-key")
    assert code == 1
    digest = job.store.kept[ONE]
    assert {name for name in job.store.kept if not name.startswith("sha256:")} == {ONE}
    last = err.splitlines()[-1]
    assert f"has no tag but {ONE}: scan failed: trivy found vulnerabilities of severity critical or worse" in last
    assert "run the job again: nothing is built anew" in last
    assert [call["name"] for call in fakes.calls()] == ["trivy"]
    (image,) = result(job)["images"]  # type: ignore[misc]
    assert image["tags"] == [ONE]
    assert image["checks"] == [
        {
            "name": "scan",
            "state": "failed",
            "detail": "trivy found vulnerabilities of severity critical or worse",
        }
    ]
    assert {move["tag"]: move["state"] for move in image["moves"]} == {ONE: "set", "main": "kept", "latest": "kept"}
    assert [failure["exit_code"] for failure in result(job)["failures"]] == [1]  # type: ignore[attr-defined]
    assert 'failure message="trivy found' in (job.root / "ci-kit-junit.xml").read_text()
    assert "scan failed" in (job.root / "ci-kit-report.html").read_text()
    for path in job.root.iterdir():
        assert "canary-key" not in path.read_text()
    assert digest in job.store.kept.values()
    assert out.strip().endswith(image["digest"])


def test_the_next_run_checks_the_same_image_again_and_builds_nothing(job: Job, fakes: Fakes) -> None:
    fakes.add("trivy", 10)
    assert job.run("--scan")[0] == 1
    fakes.add("trivy", 0)
    fakes.add("cosign")
    assert job.run("--scan", "--sign", COSIGN_PRIVATE_KEY="key")[0] == 0
    assert job.daemon.builds == 1
    names = {name for name in job.store.kept if not name.startswith(("sha256:", "content-"))}
    assert names == {ONE, "main", "latest"}
    assert [call["name"] for call in fakes.calls()] == ["trivy", "trivy", "cosign"]


def test_a_signature_that_fails_fails_the_job_and_moves_no_tag(job: Job, fakes: Fakes) -> None:
    fakes.add("cosign", 1, "Error: no")
    code, _, err = job.run("--sign", COSIGN_PRIVATE_KEY="key")
    assert code == 1
    assert "signature failed: cosign ended with 1: no" in err.splitlines()[-1]
    assert "latest" not in job.store.kept


def test_what_is_missing_is_told_before_a_registry_is_asked(job: Job, fakes: Fakes) -> None:
    code, _, err = job.run("--sign", PATH="/nowhere")
    assert code == 2
    assert "supply_chain.sign: auto needs cosign" in err
    assert job.registry.seen == job.docker.seen == []


def test_the_image_of_the_target_branch_is_what_a_merge_request_is_compared_with(job: Job) -> None:
    assert job.run()[0] == 0
    (job.root / "a").write_text("2")
    request = {"CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    assert job.run(sha=TWO, CI_COMMIT_BRANCH="", CI_COMMIT_REF_NAME="feature", **request)[0] == 0
    (image,) = result(job)["images"]  # type: ignore[misc]
    base = image["base"]
    assert base["image"].endswith("/g/p:main")
    assert image["size"] - base["size"] == 1  # the second image of the stand-in has a layer one byte larger
    assert "against main" in (job.root / "ci-kit-report.html").read_text()


def test_without_an_image_of_the_target_branch_there_is_nothing_to_compare_with(job: Job) -> None:
    request = {"CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "release/1"}
    assert job.run(CI_COMMIT_BRANCH="", **request)[0] == 0
    assert "base" not in result(job)["images"][0]  # type: ignore[index]
    asked = [path.rpartition("/")[2] for path in job.registry.paths("GET") if "/manifests/" in path]
    assert "release-1" in asked
    assert "latest" not in asked
