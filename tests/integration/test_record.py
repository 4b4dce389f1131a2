"""What GitLab is told, with which token, and what happens when it does not answer."""

import json
import ssl
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.integration.job import Job, make_job
from tests.rig import Rig

pytestmark = pytest.mark.integration


@pytest.fixture
def job(rig: Rig, daemon: str, tmp_path: Path) -> Job:
    ask(rig, "reset", {})
    return make_job(rig, daemon, tmp_path / "project")


def ask(rig: Rig, what: str, body: dict[str, str] | None = None) -> dict[str, Any]:
    """Ask the stand-in itself, past GitLab's rules."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{rig.gitlab}/__rig__/{what}", data=data, headers=headers)
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=str(rig.ca)), timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else {}


def told(rig: Rig, kind: str) -> list[dict[str, object]]:
    """Return all statuses or notes that the stand-in was told."""
    return [one for group in ask(rig, "state")[kind].values() for one in group]


def recorded(job: Job) -> dict[str, str]:
    return json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))["images"][0]["recorded"]


def test_a_project_token_sets_the_status_and_one_note(rig: Rig, job: Job) -> None:
    request = {"CI_MERGE_REQUEST_IID": "1", "CI_KIT_GITLAB_TOKEN": rig.api_tokens["project"]}
    first = job.run("build-push", "--image", "noted", **request)
    assert first.returncode == 0, first.stderr
    second = job.run("build-push", "--image", "noted", **request)
    assert second.returncode == 0, second.stderr
    statuses, notes = told(rig, "statuses"), told(rig, "notes")
    image = json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))["images"][0]
    assert {status["name"] for status in statuses} == {"ci-kit/noted"}
    assert statuses[-1]["status"] == "success"
    assert statuses[-1]["sha"] == job.sha
    assert image["digest"] in str(statuses[-1]["description"])
    assert len(notes) == 1
    assert image["digest"][:19] in str(notes[0]["body"])
    assert recorded(job)["commit_status"] == "sent"
    assert recorded(job)["merge_request_note"] == "sent"


def test_a_job_token_is_refused_once_and_nothing_fails(rig: Rig, job: Job) -> None:
    done = job.run("build-push", "--image", "refused", CI_JOB_TOKEN=rig.api_tokens["job"])
    assert done.returncode == 0, done.stderr
    assert recorded(job)["commit_status"] == "refused"
    lines = [line for line in done.stderr.splitlines() if "commit status" in line]
    assert len(lines) == 1
    assert "job token may not" in lines[0]
    asked = [one for one in ask(rig, "state")["requests"] if "/statuses/" in str(one["path"])]
    assert len(asked) == 1


def test_a_token_that_may_only_read_is_told_apart(rig: Rig, job: Job) -> None:
    done = job.run("build-push", "--image", "reads", CI_KIT_GITLAB_TOKEN=rig.api_tokens["reader"])
    assert done.returncode == 0, done.stderr
    assert "CI_KIT_GITLAB_TOKEN may not" in done.stderr


def test_without_a_token_nobody_is_asked(rig: Rig, job: Job) -> None:
    done = job.run("build-push", "--image", "silent")
    assert done.returncode == 0, done.stderr
    assert not [one for one in ask(rig, "state")["requests"] if "/api/" in str(one["path"])]


@pytest.mark.parametrize("mode", ["down", "500"])
def test_gitlab_away_and_the_record_sent_later(rig: Rig, job: Job, mode: str) -> None:
    token = {"CI_KIT_GITLAB_TOKEN": rig.api_tokens["project"]}
    ask(rig, "mode", {"api": mode})
    try:
        done = job.run("build-push", "--image", "later", **token)
    finally:
        ask(rig, "mode", {"api": "ok"})
    assert done.returncode == 6
    assert done.stdout.startswith(f"{job.environ['CI_REGISTRY_IMAGE']}/later@sha256:")
    assert "the image is pushed" in done.stderr.splitlines()[-1]
    assert "ci-kit record ci-kit-result.json" in done.stderr.splitlines()[-1]
    assert recorded(job)["commit_status"] == "unsent"

    later = job.run("record", "ci-kit-result.json", **token)
    assert later.returncode == 0, later.stderr
    assert recorded(job)["commit_status"] == "sent"
    assert [status["sha"] for status in told(rig, "statuses")] == [job.sha]


def test_record_without_a_token_says_which_to_set(job: Job) -> None:
    assert job.run("build-push", "--image", "tokenless").returncode == 0
    done = job.run("record", "ci-kit-result.json")
    assert done.returncode == 2
    assert "CI_KIT_GITLAB_TOKEN" in done.stderr


TAGGED = {"CI_COMMIT_TAG": "v1.2.0", "CI_COMMIT_REF_NAME": "v1.2.0", "CI_COMMIT_BRANCH": ""}


def named(name: str, job: Job) -> str:
    """Return a name of this commit: a rig that is left running has the version of an earlier run."""
    return f"{name}-{job.sha[:8]}"


def release(rig: Rig, job: Job) -> None:
    """Make the release of the tag as a release job does, with its job token."""
    url = f"{rig.gitlab}/api/v4/projects/{job.environ['CI_PROJECT_ID']}/releases"
    headers = {"Content-Type": "application/json", "JOB-TOKEN": rig.api_tokens["job"]}
    request = urllib.request.Request(url, data=b'{"tag_name": "v1.2.0"}', headers=headers)
    urllib.request.urlopen(request, context=ssl.create_default_context(cafile=str(rig.ca)), timeout=30).close()


def test_a_job_token_links_names_and_deploys_and_is_refused_the_rest(rig: Rig, job: Job) -> None:
    release(rig, job)
    wanted = {"CI_JOB_TOKEN": rig.api_tokens["job"], **TAGGED}
    name = named("all", job)
    arguments = ("build-push", "--image", name, "--environment", "registry", "--pipeline-name")
    done = job.run(*arguments, **wanted)
    assert done.returncode == 0, done.stderr
    image = json.loads((job.project / "ci-kit-result.json").read_text(encoding="utf-8"))["images"][0]
    pinned = f"{job.environ['CI_REGISTRY_IMAGE']}/{name}@{image['digest']}"
    state = ask(rig, "state")
    links = state["releases"]["v1.2.0"]["assets"]["links"]
    assert [(link["name"], link["link_type"]) for link in links] == [(pinned, "image")]
    assert state["pipelines"]["77"]["name"] == f"{name} v1.2.0 ({image['digest'][:19]})"
    assert [(one["sha"], one["environment"]["name"], one["tag"]) for one in state["deployments"]] == [
        (job.sha, "registry", True)
    ]
    assert {step: recorded(job)[step] for step in ("release_link", "deployment", "pipeline_name", "commit_status")} == {
        "release_link": "sent",
        "deployment": "sent",
        "pipeline_name": "sent",
        "commit_status": "refused",
    }
    assert job.run(*arguments, **wanted).returncode == 0
    assert ask(rig, "state")["releases"]["v1.2.0"]["assets"]["links"] == links


def test_a_release_that_is_made_later_gets_its_link_from_record(rig: Rig, job: Job) -> None:
    wanted = {"CI_JOB_TOKEN": rig.api_tokens["job"], **TAGGED}
    done = job.run("build-push", "--image", named("early", job), **wanted)
    assert done.returncode == 0, done.stderr
    assert "release link: there is no release of v1.2.0 yet" in done.stderr
    assert recorded(job)["release_link"] == "waiting"
    release(rig, job)
    later = job.run("record", "ci-kit-result.json", **wanted)
    assert later.returncode == 0, later.stderr
    assert recorded(job)["release_link"] == "sent"
    assert len(ask(rig, "state")["releases"]["v1.2.0"]["assets"]["links"]) == 1


def test_record_makes_the_release_where_it_is_told_to(rig: Rig, job: Job) -> None:
    wanted = {"CI_JOB_TOKEN": rig.api_tokens["job"], **TAGGED}
    assert job.run("build-push", "--image", named("made", job), **wanted).returncode == 0
    later = job.run("record", "ci-kit-result.json", "--create-release", **wanted)
    assert later.returncode == 0, later.stderr
    assert list(ask(rig, "state")["releases"]) == ["v1.2.0"]
