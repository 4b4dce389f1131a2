"""One commit status an image, with its digest as the description. Source: GitLab docs "Commits API"."""

from typing import Any

from ci_kit.gitlab_api.rung import ONCE, Rung, Told

_LENGTH = 255  # characters of a description


def _applies(told: Told) -> bool:
    return True


def _send(api: Any, told: Told) -> None:
    facts = told.facts
    commit = told.project(api).commits.get(facts.sha, lazy=True)
    for record in told.records:
        said = {
            "state": "failed" if record.failed_check else "success",
            "name": f"ci-kit/{record.name}",
            "ref": facts.ref,
            "target_url": facts.job_url,
            "description": record.pinned[:_LENGTH],
            "pipeline_id": facts.pipeline_id,
        }
        commit.statuses.create({key: value for key, value in said.items() if value}, **ONCE)


RUNG = Rung(_applies, _send, of_job=False)
