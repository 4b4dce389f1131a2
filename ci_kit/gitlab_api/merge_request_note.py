"""The note in the merge request: made once, then found by its marker and updated. Source: GitLab docs "Notes API"."""

from typing import Any

from ci_kit.gitlab_api import note
from ci_kit.gitlab_api.rung import ONCE, Rung, Told


def _applies(told: Told) -> bool:
    return bool(told.facts.merge_request)


def _send(api: Any, told: Told) -> None:
    notes = told.project(api).mergerequests.get(told.facts.merge_request, lazy=True).notes
    body = note.render(told.records, told.facts)
    every = notes.list(iterator=True, per_page=100, **ONCE)
    own = next((one for one in every if str(one.body).startswith(note.MARKER)), None)
    if own is None:
        notes.create({"body": body}, **ONCE)
    elif own.body != body:
        notes.update(own.id, {"body": body}, **ONCE)


RUNG = Rung(_applies, _send, of_job=False)
