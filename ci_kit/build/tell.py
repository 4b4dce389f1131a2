"""Telling GitLab what was published, and keeping in the result file what became of that."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ci_kit.config.settings import RecordSettings
from ci_kit.errors import GitLabError
from ci_kit.gitlab_api import client, ladder
from ci_kit.gitlab_api.result import Result
from ci_kit.gitlab_api.rung import Told
from ci_kit.model.builder import Output
from ci_kit.report import file


class Asked(NamedTuple):
    """Which steps are to be tried, for which environment, and whether a release may be made for its link."""

    steps: tuple[str, ...]
    environment: str = ""
    create_release: bool = False


def asked(to: RecordSettings, *, create_release: bool = False) -> Asked:
    """Return what the settings ask for."""
    wanted = {
        "release_link": to.release_link,
        "deployment": bool(to.environment),
        "pipeline_name": to.pipeline_name,
        "commit_status": to.commit_status,
        "merge_request_note": to.merge_request_note,
    }
    return Asked(tuple(step for step, wish in wanted.items() if wish), to.environment, create_release)


def tell(found: Result, path: Path | None, wanted: Asked, environ: Mapping[str, str], output: Output) -> Result:
    """Send `found` to GitLab, say each outcome in one line; return the result with them, kept in the file `path`.

    Nothing is sent without a token, a project or records. GitLabError when GitLab does not answer.
    """
    token = client.find_token(environ)
    if token is None or not (found.records and found.facts.api_url and found.facts.project_id):
        return found
    api = client.connect(found.facts.api_url, token, environ)
    told = Told(found.records, found.facts, wanted.environment, wanted.create_release)
    outcomes = ladder.climb(api, token, told, wanted.steps)
    for outcome in outcomes:
        output(outcome.line)
    found = _with(found, outcomes)
    if path is not None:
        file.write(path, found.as_text())
    if any(outcome.state == ladder.UNSENT for outcome in outcomes):
        hint = f"later: ci-kit record {path}" if path else "give --result FILE, then ci-kit record FILE later"
        raise GitLabError("the image is pushed, but GitLab was not told", hint=hint)
    return found


def _with(found: Result, outcomes: Sequence[ladder.Outcome]) -> Result:
    said = {outcome.step: outcome.state for outcome in outcomes}
    records = tuple(record._replace(recorded={**record.recorded, **said}) for record in found.records)
    return found._replace(records=records)
