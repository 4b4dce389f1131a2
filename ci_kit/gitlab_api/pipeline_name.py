"""The pipeline's name: its images with version and digest. Source: GitLab docs "Pipelines API", "metadata"."""

from typing import Any
from urllib.parse import quote

from ci_kit.gitlab_api.rung import ONCE, Rung, Told
from ci_kit.model.record import BuildRecord

_LENGTH = 255  # characters


def name(records: tuple[BuildRecord, ...]) -> str:
    """Return `api 1.2.0 (sha256:0123456789ab), web 1.2.0 (sha256:…)`, cut at GitLab's length."""
    whole = ", ".join(f"{record.name} {_tag(record)} ({record.digest[:19]})" for record in records)
    return whole if len(whole) <= _LENGTH else f"{whole[: _LENGTH - 1]}…"


def _tag(record: BuildRecord) -> str:
    """Return the tag that says most to people: the second one, the first being the commit's."""
    return next(iter(record.tags[1:]), record.image.tag[:12])


def _applies(told: Told) -> bool:
    return bool(told.facts.pipeline_id)


def _send(api: Any, told: Told) -> None:
    project, pipeline = (quote(part, safe="") for part in (told.facts.project_id, told.facts.pipeline_id))
    path = f"/projects/{project}/pipelines/{pipeline}/metadata"
    api.http_put(path, post_data={"name": name(told.records)}, **ONCE)


RUNG = Rung(_applies, _send, of_job=True)
