"""Telling GitLab what was published, and keeping in the result file what became of that."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ci_kit.errors import GitLabError
from ci_kit.gitlab_api import client, ladder
from ci_kit.gitlab_api.result import Result
from ci_kit.model.builder import Output
from ci_kit.report import file

STEPS = ("commit_status", "merge_request_note")


def tell(found: Result, path: Path | None, steps: Sequence[str], environ: Mapping[str, str], output: Output) -> None:
    """Send `found` to GitLab in `steps`, say each outcome in one line and keep it in the file `path`.

    Nothing is sent without a token, a project or records. GitLabError when GitLab does not answer.
    """
    token = client.find_token(environ)
    if token is None or not (found.records and found.facts.api_url and found.facts.project_id):
        return
    api = client.connect(found.facts.api_url, token, environ)
    outcomes = ladder.climb(api, token, found.records, found.facts, steps)
    for outcome in outcomes:
        output(outcome.line)
    if path is not None:
        file.write(path, _with(found, outcomes).as_text())
    if any(outcome.state == ladder.UNSENT for outcome in outcomes):
        hint = f"later: ci-kit record {path}" if path else "give --result FILE, then ci-kit record FILE later"
        raise GitLabError("the image is pushed, but GitLab was not told", hint=hint)


def _with(found: Result, outcomes: Sequence[ladder.Outcome]) -> Result:
    said = {outcome.step: outcome.state for outcome in outcomes}
    records = tuple(replace(record, recorded={**record.recorded, **said}) for record in found.records)
    return replace(found, records=records)
