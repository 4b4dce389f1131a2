"""What a job token may: release link, deployment, pipeline name; and the table of the merge request's note."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci_kit.cli import main
from ci_kit.gitlab_api import client, ladder, note, pipeline_name
from ci_kit.gitlab_api.client import ApiToken
from ci_kit.gitlab_api.result import Result
from ci_kit.gitlab_api.rung import Told
from ci_kit.model.check import Check
from ci_kit.model.image import ImageRef
from ci_kit.model.layer import Base
from ci_kit.model.record import BuildRecord, JobFacts
from ci_kit.model.step import Step
from tests.unit.servers import Answer, Seen, Web, web

SHA = "0123456789abcdef0123456789abcdef01234567"
DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER = "sha256:" + "fedcba9876543210" * 4
OF_JOB = ApiToken("canary-job-token", "CI_JOB_TOKEN", of_job=True)
RECORD = BuildRecord(
    "a", ImageRef("host", "g/p/a", SHA), DIGEST, (SHA, "1.2.0", "latest"), "docker", 1.25, 1_500_000, ()
)
FACTS = JobFacts(sha=SHA, ref="v1.2.0", tag="v1.2.0", project_id="5", pipeline_id="8", project_url="https://gitlab/g/p")
RELEASE = "/api/v4/projects/5/releases/v1.2.0"


class Releases:
    """One release with its links, as GitLab has them; `exists` tells whether there is one."""

    def __init__(self, *links: dict[str, Any], exists: bool = True) -> None:
        self.links = list(links)
        self.exists = exists

    def __call__(self, seen: Seen) -> Answer:
        path = seen.path.partition("?")[0]
        if path == "/api/v4/projects/5/releases":
            self.exists = True
            return say({"tag_name": "v1.2.0"}, 201)
        if path.endswith("/metadata"):
            return say({"id": 8})
        if path == RELEASE:
            return say({"tag_name": "v1.2.0"}) if self.exists else say({"message": "404 Not Found"}, 404)
        if seen.method == "GET":
            return say(self.links)
        said = json.loads(seen.body)
        if seen.method == "POST":
            self.links.append({"id": len(self.links), **said})
        else:
            self.links[int(path.rpartition("/")[2])] |= said
        return say(said, 201)


def say(body: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode(), (("Content-Type", "application/json"),))


def climbed(
    answer: Callable[[Seen], Answer | None], *steps: str, told: Told | None = None
) -> tuple[list[ladder.Outcome], Web]:
    with web(answer) as server:
        api = client.connect(f"http://{server.netloc}", OF_JOB, {})
        return ladder.climb(api, OF_JOB, told or Told((RECORD,), FACTS), steps), server


def test_the_release_of_the_tag_gets_a_link_to_the_image_and_keeps_it() -> None:
    releases = Releases({"id": 0, "name": "binary", "url": "https://x", "link_type": "other"})
    outcomes, _ = climbed(releases, "release_link")
    assert [(one.step, one.state, one.line) for one in outcomes] == [("release_link", "sent", "release link: set")]
    assert releases.links[1] == {
        "id": 1,
        "name": f"host/g/p/a@{DIGEST}",
        "url": f"https://gitlab/g/p/container_registry#g/p/a%40{DIGEST.replace(':', '%3A')}",
        "link_type": "image",
    }
    _, server = climbed(releases, "release_link")
    assert len(releases.links) == 2
    assert server.paths("POST") == server.paths("PUT") == []


def test_another_image_of_the_same_tag_takes_the_place_of_the_first() -> None:
    releases = Releases()
    climbed(releases, "release_link")
    climbed(releases, "release_link", told=Told((RECORD._replace(digest=OTHER),), FACTS))
    assert [link["name"] for link in releases.links] == [f"host/g/p/a@{OTHER}"]


def test_without_a_release_the_link_waits_until_there_is_one() -> None:
    releases = Releases(exists=False)
    outcomes, server = climbed(releases, "release_link", "pipeline_name")
    assert (outcomes[0].state, outcomes[1].state) == ("waiting", "sent")
    assert "there is no release of v1.2.0 yet; after the job that makes it: ci-kit record FILE" in outcomes[0].line
    assert server.paths("POST") == []
    made, _ = climbed(releases, "release_link", told=Told((RECORD,), FACTS, create_release=True))
    assert made[0].state == "sent"
    assert len(releases.links) == 1


def test_a_release_that_another_job_makes_at_the_same_moment_is_taken() -> None:
    releases = Releases(exists=False)

    def late(seen: Seen) -> Answer:
        if seen.method == "POST" and seen.path.endswith("/releases"):
            releases.exists = True
            return say({"message": "Release already exists"}, 409)
        return releases(seen)

    outcomes, _ = climbed(late, "release_link", told=Told((RECORD,), FACTS, create_release=True))
    assert outcomes[0].state == "sent"
    assert len(releases.links) == 1


@pytest.mark.parametrize("facts", [FACTS._replace(tag=""), FACTS._replace(project_url="")])
def test_outside_a_tag_pipeline_there_is_no_release_to_link_in(facts: JobFacts) -> None:
    outcomes, server = climbed(Releases(), "release_link", told=Told((RECORD,), facts))
    assert outcomes == []
    assert server.seen == []


def test_a_deployment_is_recorded_where_an_environment_is_named() -> None:
    told = Told((RECORD,), FACTS, environment="registry/production")
    outcomes, server = climbed(lambda seen: say({"id": 1}, 201), "deployment", told=told)
    assert [one.state for one in outcomes] == ["sent"]
    assert server.paths() == ["/api/v4/projects/5/deployments"]
    assert json.loads(server.seen[0].body) == {
        "sha": SHA,
        "ref": "v1.2.0",
        "tag": True,
        "environment": "registry/production",
        "status": "success",
    }
    assert climbed(lambda seen: None, "deployment")[0] == []


def test_the_pipeline_is_named_after_its_images() -> None:
    outcomes, server = climbed(lambda seen: say({"id": 8}), "pipeline_name")
    assert [one.state for one in outcomes] == ["sent"]
    assert [(one.method, one.path) for one in server.seen] == [("PUT", "/api/v4/projects/5/pipelines/8/metadata")]
    assert json.loads(server.seen[0].body) == {"name": "a 1.2.0 (sha256:0123456789ab)"}


def test_a_pipeline_of_many_images_gets_a_name_that_gitlab_takes() -> None:
    assert len(pipeline_name.name((RECORD,) * 20)) == 255


def test_each_step_is_tried_once_and_a_refusal_of_one_is_none_of_the_next() -> None:
    told = Told((RECORD,), FACTS._replace(merge_request="7"), environment="x")
    outcomes, server = climbed(lambda seen: say({"message": "403 Forbidden"}, 403), *ladder.RUNGS, told=told)
    assert [(one.step, one.state) for one in outcomes] == [(step, "refused") for step in ladder.RUNGS]
    assert len(server.seen) == len(ladder.RUNGS)
    assert outcomes[0].line.endswith("this job's token may not (403); whoever started the job needs the role Developer")
    assert "CI_KIT_GITLAB_TOKEN with a project token" in outcomes[-1].line


def test_the_status_of_an_image_that_failed_its_check_is_failed() -> None:
    failed = RECORD._replace(checks=(Check("scan", "failed", "trivy found CRITICAL"),))
    _, server = climbed(lambda seen: say({"id": 1}, 201), "commit_status", told=Told((RECORD, failed), FACTS))
    assert [json.loads(one.body)["state"] for one in server.seen] == ["success", "failed"]


def row(record: BuildRecord) -> list[str]:
    table = [line for line in note.render((record,), FACTS).splitlines() if line.startswith("| `host")]
    return [cell.strip() for cell in table[0].strip("|").split("|")]


def test_the_note_tells_size_and_change_time_and_cache_hits() -> None:
    steps = (Step("[1/3] FROM x", "done"), Step("[2/3] RUN a", "cached"), Step("[3/3] RUN b", "done", 1))
    grown = RECORD._replace(base=Base("host/g/p/a:main", OTHER, 1_200_000), steps=steps)
    assert row(grown)[2:6] == ["1.5 MB", "+300.0 kB", "1.2 s", "1 of 2"]
    assert row(grown._replace(base=Base("x", OTHER, 1_500_300)))[3] == "-300 B"
    assert row(grown._replace(base=Base("x", OTHER, 1_500_000)))[3] == "±0"
    assert row(grown._replace(base=Base("x", DIGEST, 1_500_000), skipped=True))[3:5] == ["same image", "skipped"]
    assert row(RECORD)[2:6] == ["1.5 MB", "new", "1.2 s", ""]
    assert row(RECORD._replace(size=0))[2:4] == ["?", "new"]


def test_the_note_names_the_branch_it_compares_with_and_what_failed() -> None:
    facts = FACTS._replace(target_branch="main")
    compared = RECORD._replace(base=Base("x", OTHER, 1), checks=(Check("scan", "failed", "<b>\n/merge"),))
    text = note.render((compared,), facts)
    assert "Change: against the image of `main`." in text
    assert "- `a`: scan failed, no tag but the commit's was set" in text
    assert "/merge" not in text
    assert "Change:" not in note.render((RECORD,), facts)


def test_record_sends_what_file_variables_and_flags_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".ci-kit.yml").write_text("version: 1\nrecord: {environment: of-file, commit_status: false}\n")
    monkeypatch.setenv("CI_KIT_PIPELINE_NAME", "true")
    monkeypatch.setenv("CI_JOB_TOKEN", OF_JOB.value)
    with web(lambda seen: say({"id": 1}, 201)) as server:
        facts = FACTS._replace(tag="", api_url=f"http://{server.netloc}", merge_request="7")
        (tmp_path / "result.json").write_text(Result((RECORD,), facts).as_text())
        assert main(["record", "result.json", "--environment", "of-flag", "--no-merge-request-note"]) == 0
        assert [one.path.rpartition("/")[2] for one in server.seen] == ["deployments", "metadata"]
        assert json.loads(server.seen[0].body)["environment"] == "of-flag"
    assert capsys.readouterr().err == "deployment: set\npipeline name: set\n"
