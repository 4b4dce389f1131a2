"""Telling GitLab, step by step, what this token may; first what a job token may, then what needs a project token."""

from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from ci_kit.gitlab_api import commit_status, deployment, merge_request_note, pipeline_name, release_link
from ci_kit.gitlab_api.client import ApiToken
from ci_kit.gitlab_api.rung import NotYetError, Rung, Told

SENT, REFUSED, UNSENT, WAITING = "sent", "refused", "unsent", "waiting"
RUNGS = MappingProxyType(
    {
        "release_link": release_link.RUNG,
        "deployment": deployment.RUNG,
        "pipeline_name": pipeline_name.RUNG,
        "commit_status": commit_status.RUNG,
        "merge_request_note": merge_request_note.RUNG,
    }
)
_FORBIDDEN = (401, 403, 404)


class Outcome(NamedTuple):
    """What became of one step: `state` is sent, refused, waiting or unsent; `line` says it to the user."""

    step: str
    state: str
    line: str


def climb(api: Any, token: ApiToken, told: Told, steps: Sequence[str]) -> list[Outcome]:
    """Return the outcome of each of `steps` that applies; each is tried once, a refusal is no failure.

    When GitLab does not answer, the step and all after it are `unsent`; `waiting` is one for which it is too early.
    """
    outcomes: list[Outcome] = []
    for step, rung in RUNGS.items():
        if step not in steps or not rung.applies(told):
            continue
        if any(outcome.state == UNSENT for outcome in outcomes):
            outcomes.append(Outcome(step, UNSENT, f"{_words(step)}: not tried"))
        else:
            outcomes.append(_try(step, rung, lambda rung=rung: rung.send(api, told), token))  # type: ignore[misc]
    return outcomes


def _try(step: str, rung: Rung, send: Callable[[], None], token: ApiToken) -> Outcome:
    import gitlab.exceptions
    import requests.exceptions

    words = _words(step)
    try:
        send()
    except NotYetError as error:
        return Outcome(step, WAITING, f"{words}: {error}")
    except gitlab.exceptions.GitlabError as error:
        if error.response_code in _FORBIDDEN:
            return Outcome(step, REFUSED, f"{words}: {_why(token, rung, error.response_code)}")
        return Outcome(step, UNSENT, f"{words}: GitLab answers {error.response_code or 'something unreadable'}")
    except (requests.exceptions.RequestException, OSError) as error:
        return Outcome(step, UNSENT, f"{words}: GitLab does not answer ({type(error).__name__})")
    return Outcome(step, SENT, f"{words}: set")


def _words(step: str) -> str:
    return step.replace("_", " ")


def _why(token: ApiToken, rung: Rung, status: int) -> str:
    if token.of_job and rung.of_job:
        return f"this job's token may not ({status}); whoever started the job needs the role Developer"
    if token.of_job:
        return f"a job token may not ({status}); CI_KIT_GITLAB_TOKEN with a project token (api, Developer) may"
    return f"{token.source} may not ({status}); it needs the scope api, and Maintainer on a protected branch"
