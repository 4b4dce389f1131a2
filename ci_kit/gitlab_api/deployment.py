"""A finished deployment of the commit to the settings' environment. Source: GitLab docs "Deployments API"."""

from typing import Any

from ci_kit.gitlab_api.rung import ONCE, Rung, Told


def _applies(told: Told) -> bool:
    return bool(told.environment)


def _send(api: Any, told: Told) -> None:
    facts = told.facts
    said = {"sha": facts.sha, "ref": facts.ref, "tag": bool(facts.tag)}
    told.project(api).deployments.create({**said, "environment": told.environment, "status": "success"}, **ONCE)


RUNG = Rung(_applies, _send, of_job=True)
