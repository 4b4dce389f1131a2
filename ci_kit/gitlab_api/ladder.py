"""Telling GitLab, step by step, what this token may: commit status, then one note in the merge request.

Sources: GitLab docs "GitLab CI/CD job token" (what it may not), "Commits API", "Notes API".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ci_kit.gitlab_api import note
from ci_kit.gitlab_api.client import ApiToken
from ci_kit.model.record import BuildRecord, JobFacts

SENT, REFUSED, UNSENT = "sent", "refused", "unsent"
_FORBIDDEN = (401, 403, 404)
_DESCRIPTION_LENGTH = 255
# python-gitlab would sleep as long as a 429 tells it to, an hour if need be.
_ONCE: dict[str, Any] = {"obey_rate_limit": False}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one step: `state` is sent, refused or unsent; `line` says it to the user."""

    step: str
    state: str
    line: str


def climb(
    api: Any, token: ApiToken, records: Sequence[BuildRecord], facts: JobFacts, steps: Sequence[str]
) -> list[Outcome]:
    """Return the outcome of each of `steps` that applies; each is tried once, a refusal is no failure.

    When GitLab does not answer, the step and all after it are `unsent`.
    """
    known: dict[str, Callable[[], None]] = {
        "commit_status": lambda: _statuses(api, records, facts),
        "merge_request_note": lambda: _note(api, records, facts),
    }
    outcomes: list[Outcome] = []
    for step in steps:
        if step == "merge_request_note" and not facts.merge_request:
            continue
        if any(outcome.state == UNSENT for outcome in outcomes):
            outcomes.append(Outcome(step, UNSENT, f"{_words(step)}: not tried"))
        else:
            outcomes.append(_try(step, known[step], token))
    return outcomes


def _try(step: str, send: Callable[[], None], token: ApiToken) -> Outcome:
    import gitlab.exceptions
    import requests.exceptions

    try:
        send()
    except gitlab.exceptions.GitlabError as error:
        if error.response_code in _FORBIDDEN:
            return Outcome(step, REFUSED, f"{_words(step)}: {_why(token, error.response_code)}")
        return Outcome(step, UNSENT, f"{_words(step)}: GitLab answers {error.response_code or 'something unreadable'}")
    except (requests.exceptions.RequestException, OSError) as error:
        return Outcome(step, UNSENT, f"{_words(step)}: GitLab does not answer ({type(error).__name__})")
    return Outcome(step, SENT, f"{_words(step)}: set")


def _words(step: str) -> str:
    return step.replace("_", " ")


def _why(token: ApiToken, status: int) -> str:
    if token.of_job:
        return f"a job token may not ({status}); CI_KIT_GITLAB_TOKEN with a project token (api, Developer) may"
    return f"{token.source} may not ({status}); it needs the scope api, and Maintainer on a protected branch"


def _statuses(api: Any, records: Sequence[BuildRecord], facts: JobFacts) -> None:
    commit = api.projects.get(facts.project_id, lazy=True).commits.get(facts.sha, lazy=True)
    for record in records:
        said = {
            "state": "success",
            "name": f"ci-kit/{record.name}",
            "ref": facts.ref,
            "target_url": facts.job_url,
            "description": record.pinned[:_DESCRIPTION_LENGTH],
            "pipeline_id": facts.pipeline_id,
        }
        commit.statuses.create({key: value for key, value in said.items() if value}, **_ONCE)


def _note(api: Any, records: Sequence[BuildRecord], facts: JobFacts) -> None:
    project = api.projects.get(facts.project_id, lazy=True)
    notes = project.mergerequests.get(facts.merge_request, lazy=True).notes
    body = note.render(records, facts)
    every = notes.list(iterator=True, per_page=100, **_ONCE)
    own = next((one for one in every if str(one.body).startswith(note.MARKER)), None)
    if own is None:
        notes.create({"body": body}, **_ONCE)
    elif own.body != body:
        notes.update(own.id, {"body": body}, **_ONCE)
