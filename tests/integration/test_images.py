"""`ci-kit images`, through GitLab's API and through the registry, says the same."""

import json
from pathlib import Path

import pytest

from tests.integration.job import Job, make_job
from tests.rig import Rig

pytestmark = pytest.mark.integration


@pytest.fixture
def job(rig: Rig, daemon: str, tmp_path: Path) -> Job:
    made = make_job(rig, daemon, tmp_path / "project")
    done = made.run("build-push", "--image", "listed")
    assert done.returncode == 0, done.stderr
    return made


def listed(job: Job, *arguments: str, **variables: str) -> list[dict[str, object]]:
    done = job.run("images", *arguments, "--format", "json", **variables)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)["images"]
    return found


def test_the_registry_lists_tags_digests_sizes_and_dates(job: Job) -> None:
    record = json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))["images"][0]
    found = listed(job, "listed")
    assert {image["tag"] for image in found} >= {job.sha, "main", "latest"}
    of_commit = next(image for image in found if image["tag"] == job.sha)
    assert of_commit["digest"] == record["digest"]
    assert of_commit["size"] == record["size"]
    assert str(of_commit["created"]).startswith("20")


@pytest.mark.parametrize("token", ["job", "project"])
def test_gitlab_says_the_same_as_the_registry(rig: Rig, job: Job, token: str) -> None:
    variable = "CI_JOB_TOKEN" if token == "job" else "CI_KIT_GITLAB_TOKEN"
    through_api = listed(job, "listed", **{variable: rig.api_tokens[token]})
    through_registry = listed(job, "listed")
    assert {(one["repository"], one["tag"], one["digest"]) for one in through_api} == {
        (one["repository"], one["tag"], one["digest"]) for one in through_registry
    }


def test_a_token_that_may_not_falls_back_with_one_line(rig: Rig, job: Job) -> None:
    done = job.run("images", "listed", CI_KIT_GITLAB_TOKEN=rig.api_tokens["none"])
    assert done.returncode == 0, done.stderr
    assert "asking the registry instead" in done.stderr
    assert job.sha in done.stdout


def test_the_table_is_for_people(job: Job) -> None:
    done = job.run("images", "listed")
    assert done.stdout.splitlines()[0].split() == ["REPOSITORY", "TAG", "DIGEST", "SIZE", "CREATED"]
    assert any(job.sha in line for line in done.stdout.splitlines())


def test_an_empty_repository_is_an_empty_list(job: Job) -> None:
    assert listed(job, "nothing-here") == []
