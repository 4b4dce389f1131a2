import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ci_kit.build.tell import Asked, tell
from ci_kit.commands import record as command
from ci_kit.errors import CredentialsError, DeniedError, GitLabError, UsageError
from ci_kit.gitlab_api import client, ladder, note, repositories, result
from ci_kit.gitlab_api.client import ApiToken
from ci_kit.gitlab_api.result import Result
from ci_kit.gitlab_api.rung import Told
from ci_kit.model.image import ImageRef
from ci_kit.model.record import BuildRecord, JobFacts
from tests.unit.servers import Answer, Seen, Web, free_port, web

SHA = "0123456789abcdef0123456789abcdef01234567"
DIGEST = "sha256:" + "0123456789abcdef" * 4
CANARY = "glpat-canary-secret"
OF_JOB = ApiToken(CANARY, "CI_JOB_TOKEN", of_job=True)
OF_PROJECT = ApiToken(CANARY, "CI_KIT_GITLAB_TOKEN", of_job=False)
RECORDS = tuple(
    BuildRecord(name, ImageRef("host", f"g/p/{name}", SHA), DIGEST, (SHA,), "docker", 1.0, 1, ()) for name in ("a", "b")
)
STEPS = ("commit_status", "merge_request_note")
STATUSES = f"/api/v4/projects/5/statuses/{SHA}"
NOTES = "/api/v4/projects/5/merge_requests/7/notes"


def as_json(said: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(said).encode(), (("Content-Type", "application/json"),))


def facts(server: Web | None = None, merge_request: str = "7") -> JobFacts:
    return JobFacts(
        sha=SHA,
        ref="main",
        merge_request=merge_request,
        project_id="5",
        job_url="https://gitlab.example.com/-/jobs/9",
        pipeline_id="8",
        api_url=f"http://{server.netloc}" if server else "",
    )


def climbed(
    answer: Callable[[Seen], Answer | None], token: ApiToken = OF_PROJECT, merge_request: str = "7"
) -> tuple[list[ladder.Outcome], Web]:
    with web(answer) as server:
        api = client.connect(f"http://{server.netloc}", token, {})
        return ladder.climb(api, token, Told(RECORDS, facts(server, merge_request)), STEPS), server


def good(seen: Seen) -> Answer:
    return as_json([]) if seen.method == "GET" else as_json({"id": 1}, 201)


def test_each_image_gets_a_status_and_the_merge_request_one_note() -> None:
    outcomes, server = climbed(good)
    assert [(one.step, one.state, one.line) for one in outcomes] == [
        ("commit_status", "sent", "commit status: set"),
        ("merge_request_note", "sent", "merge request note: set"),
    ]
    assert server.paths("POST") == [STATUSES, STATUSES, NOTES]
    first = json.loads(server.seen[0].body)
    assert first == {
        "state": "success",
        "name": "ci-kit/a",
        "ref": "main",
        "target_url": "https://gitlab.example.com/-/jobs/9",
        "description": f"host/g/p/a@{DIGEST}",
        "pipeline_id": "8",
    }
    assert json.loads(server.seen[-1].body)["body"] == note.render(RECORDS, facts())


@pytest.mark.parametrize(("token", "header"), [(OF_JOB, "job-token"), (OF_PROJECT, "private-token")])
def test_the_token_travels_in_its_own_header(token: ApiToken, header: str) -> None:
    _, server = climbed(good, token)
    assert {one.headers.get(header) for one in server.seen} == {CANARY}
    assert not any(CANARY in one.path for one in server.seen)


def test_without_a_merge_request_there_is_no_note() -> None:
    outcomes, server = climbed(good, merge_request="")
    assert [one.step for one in outcomes] == ["commit_status"]
    assert server.paths("GET") == []


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize(
    ("token", "words"),
    [
        (OF_JOB, "a job token may not ({}); CI_KIT_GITLAB_TOKEN with a project token (api, Developer) may"),
        (OF_PROJECT, "CI_KIT_GITLAB_TOKEN may not ({}); it needs the scope api, and Maintainer on a protected branch"),
    ],
)
def test_a_refusal_is_told_with_the_way_out_and_the_next_step_is_tried(
    status: int, token: ApiToken, words: str
) -> None:
    outcomes, server = climbed(lambda seen: as_json({"message": f"no {CANARY}"}, status), token)
    assert [one.state for one in outcomes] == ["refused", "refused"]
    assert outcomes[0].line == f"commit status: {words.format(status)}"
    assert CANARY not in str(outcomes)
    assert [one.method for one in server.seen] == ["POST", "GET"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (as_json({"message": "broken"}, 500), "GitLab answers 500"),
        (as_json({"message": "slow down"}, 429), "GitLab answers 429"),
        (Answer(429, b"", (("Retry-After", "3600"),)), "GitLab answers 429"),
        (as_json({"message": "bad"}, 400), "GitLab answers 400"),
        (Answer(201, b"<html>"), "GitLab answers something unreadable"),
        (None, "GitLab does not answer (ConnectionError)"),
    ],
)
def test_when_gitlab_does_not_take_it_each_step_is_tried_once_at_most(answer: Answer | None, words: str) -> None:
    outcomes, server = climbed(lambda seen: answer)
    assert [one.state for one in outcomes] == ["unsent", "unsent"]
    assert outcomes[0].line.startswith(f"commit status: {words}")
    assert outcomes[1].line == "merge request note: not tried"
    assert len(server.paths("POST")) == 1


def test_a_gitlab_that_is_away_is_told_without_its_token() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    outcomes = ladder.climb(client.connect(url, OF_JOB, {}), OF_JOB, Told(RECORDS, facts()), STEPS)
    assert outcomes[0].line == "commit status: GitLab does not answer (ConnectionError)"
    assert CANARY not in str(outcomes)


def test_a_gitlab_that_leads_to_its_login_page_takes_nothing() -> None:
    def answer(seen: Seen) -> Answer:
        return Answer(200, b"<html>") if "sign_in" in seen.path else Answer(302, b"", (("Location", "/users/sign_in"),))

    outcomes, _ = climbed(answer)
    assert [one.state for one in outcomes] == ["unsent", "unsent"]


class Notes:
    """The notes of one merge request, in pages of one."""

    def __init__(self, *bodies: str) -> None:
        self.bodies = list(bodies)

    def __call__(self, seen: Seen) -> Answer:
        if seen.method == "PUT":
            self.bodies[int(seen.path.rpartition("/")[2])] = json.loads(seen.body)["body"]
            return as_json({"id": 0})
        if seen.method == "POST" and seen.path == NOTES:
            self.bodies.append(json.loads(seen.body)["body"])
        if seen.method == "POST":
            return as_json({"id": 0}, 201)
        return self.page(int(parse_qs(urlsplit(seen.path).query).get("page", ["0"])[0]), seen)

    def page(self, number: int, seen: Seen) -> Answer:
        found = [{"id": number, "body": self.bodies[number]}] if number < len(self.bodies) else []
        following = f"http://{seen.headers['host']}{NOTES}?x=1&page={number + 1}"
        headers = (("Content-Type", "application/json"), ("Link", f'<{following}>; rel="next"'))
        return Answer(200, json.dumps(found).encode(), headers if number + 1 < len(self.bodies) else headers[:1])


def test_the_note_is_updated_in_place_and_never_doubled() -> None:
    old = f"{note.MARKER}\nold"
    notes = Notes("first", f"> {old}", old, "last")
    climbed(notes)
    assert notes.bodies == ["first", f"> {old}", note.render(RECORDS, facts()), "last"]
    _, server = climbed(notes)
    assert len(notes.bodies) == 4
    assert server.paths("PUT") == []
    assert server.paths("POST") == [STATUSES, STATUSES]


def test_the_first_note_is_made() -> None:
    notes = Notes("first")
    climbed(notes)
    assert notes.bodies == ["first", note.render(RECORDS, facts())]


# tell and record: the file keeps what became of it


def told(answer: Callable[[Seen], Answer | None], path: Path, **environ: str) -> list[str]:
    lines: list[str] = []
    with web(answer) as server:
        found = Result(RECORDS, facts(server))
        path.write_text(found.as_text())
        tell(found, path, Asked(STEPS), {"CI_JOB_TOKEN": CANARY, **environ}, lines.append)
    return lines


def test_the_outcome_stands_in_the_result_file(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    lines = told(good, path)
    assert lines == ["commit status: set", "merge request note: set"]
    assert [one.recorded for one in result.read(path).records] == [
        {"commit_status": "sent", "merge_request_note": "sent"}
    ] * 2


def test_a_refusal_is_no_failure_and_silence_is_one_with_the_next_step(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    told(lambda seen: Answer(403), path)
    with pytest.raises(GitLabError, match=r"GitLab was not told -> later: ci-kit record .*result\.json"):
        told(lambda seen: Answer(500), path)
    assert result.read(path).records[0].recorded == {"commit_status": "unsent", "merge_request_note": "unsent"}


def test_a_project_token_is_taken_before_the_jobs() -> None:
    environ = {"CI_JOB_TOKEN": "secret1", "GITLAB_TOKEN": "secret2", "CI_KIT_GITLAB_TOKEN": "secret3"}
    order = []
    for name in ("CI_KIT_GITLAB_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN"):
        found = client.find_token(environ)
        assert found is not None
        order.append((found.source, found.of_job))
        assert environ.pop(name) not in repr(found)
    assert order == [("CI_KIT_GITLAB_TOKEN", False), ("GITLAB_TOKEN", False), ("CI_JOB_TOKEN", True)]
    assert client.find_token(environ) is None


def test_a_line_end_that_was_pasted_along_is_no_part_of_the_token() -> None:
    found = client.find_token({"GITLAB_TOKEN": f"{CANARY}\n"})
    assert found is not None
    assert found.value == CANARY


@pytest.mark.parametrize("value", ["smart\N{RIGHT DOUBLE QUOTATION MARK}", "two\nlines", "two words", "\udcff"])
def test_a_token_that_cannot_travel_is_told_by_its_variable_only(value: str) -> None:
    with pytest.raises(UsageError, match="GITLAB_TOKEN: holds a character that no token has -> paste it") as caught:
        client.find_token({"GITLAB_TOKEN": value})
    assert value not in str(caught.value)


def run_record(path: Path, environ: dict[str, str]) -> int:
    import argparse

    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(path)]), environ)


def test_record_sends_what_an_earlier_run_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "result.json"
    with web(good) as server:
        path.write_text(Result(RECORDS, facts(server)).as_text())
        environ = {"GITLAB_TOKEN": CANARY, "CI_SERVER_URL": f"http://{server.netloc}"}
        assert run_record(path, environ) == 0
    assert capsys.readouterr() == ("", "commit status: set\nmerge request note: set\n")
    assert result.read(path).records[0].recorded["commit_status"] == "sent"


def test_record_sends_no_token_where_only_the_file_says_to(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    with web(good) as server:
        path.write_text(Result(RECORDS, facts(server)).as_text())
        with pytest.raises(UsageError, match=r"the file is of http://.*, this job of https://gitlab\.example\.com"):
            run_record(path, {"GITLAB_TOKEN": CANARY, "CI_SERVER_URL": "https://gitlab.example.com"})
    assert server.seen == []


@pytest.mark.parametrize(
    ("environ", "words"),
    [({}, "there is no token for GitLab -> set CI_KIT_GITLAB_TOKEN"), ({"GITLAB_TOKEN": "x"}, "names no GitLab and")],
)
def test_record_names_what_is_missing(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(Result(RECORDS, facts()).as_text())
    with pytest.raises(UsageError, match=words):
        run_record(path, environ)


# the registry as the API lists it


def listing(answer: Callable[[Seen], Answer | None]) -> list[str]:
    with web(answer) as server:
        return repositories.names(client.connect(f"http://{server.netloc}", OF_JOB, {}), "5")


def test_every_repository_is_listed() -> None:
    assert listing(lambda seen: as_json([{"id": 3, "location": "host/g/p"}])) == ["host/g/p"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(401), CredentialsError),
        (Answer(403), DeniedError),
        (Answer(404), DeniedError),
        (Answer(500), GitLabError),
        (Answer(200, b"<html>"), GitLabError),
        (None, GitLabError),
    ],
)
def test_a_list_that_gitlab_does_not_give_is_told_by_its_cause(answer: Answer | None, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        listing(lambda seen: answer)
