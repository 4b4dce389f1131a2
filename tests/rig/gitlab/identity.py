"""Who is calling the API, and what GitLab would refuse them.

source: GitLab docs "GitLab CI/CD job token" (the endpoints a job may use) and "Personal access tokens" (scopes).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from email.message import Message

from tests.rig.gitlab.answer import Refused, not_found
from tests.rig.gitlab.settings import Settings

UNAUTHORIZED = {"message": "401 Unauthorized"}
ANONYMOUS, JOB, PROJECT, READER, POWERLESS = "anonymous", "job", "project", "reader", "none"


def identify(settings: Settings, headers: Message, query: Mapping[str, Sequence[str]]) -> str:
    """The kind of caller: anonymous, or a key of the API tokens (job, project, reader, none).

    A job token is only known when sent as one, and the others never as one.

    Raises:
        Refused: 401, the token is unknown.
    """
    job = headers.get("JOB-TOKEN") or next(iter(query.get("job_token", [])), "")
    private = headers.get("PRIVATE-TOKEN") or headers.get("Authorization", "").removeprefix("Bearer ").strip()
    private = private or next(iter(query.get("private_token", [])), "")
    if job:
        return known(settings, job, [JOB])
    if private:
        return known(settings, private, [PROJECT, READER, POWERLESS])
    return ANONYMOUS


def known(settings: Settings, token: str, kinds: Sequence[str]) -> str:
    """The kind among `kinds` that `token` belongs to.

    Raises:
        Refused: 401, none of them.
    """
    for kind in kinds:
        if hmac.compare_digest(settings.api_tokens[kind].encode(), token.encode()):
            return kind
    raise Refused(401, UNAUTHORIZED)


def check(caller: str, method: str, *, job_may: bool, of_project: bool) -> None:
    """Return when `caller` may use a route with `method`.

    Raises:
        Refused: 401, 403 or 404 as GitLab answers; a job token where jobs have no access counts as no token at all.
    """
    reading = method in ("GET", "HEAD")
    if caller == POWERLESS or (caller == READER and not reading):
        raise insufficient(reading)
    if caller == ANONYMOUS or (caller == JOB and not job_may):
        raise not_found("Project") if reading and of_project else Refused(401, UNAUTHORIZED)


def insufficient(reading: bool) -> Refused:
    """GitLab's 403 for a token without the scope that the request needs."""
    return Refused(
        403,
        {
            "error": "insufficient_scope",
            "error_description": "The request requires higher privileges than provided by the access token.",
            "scope": "api read_api" if reading else "api",
        },
    )


def project_id(settings: Settings, caller: str, wanted: str) -> int:
    """The number of the project `wanted`, a number or a path.

    Raises:
        Refused: 404, there is none that `caller` may see: jobs and project tokens see only their own.
    """
    number = settings.projects.get(wanted) or (int(wanted) if wanted.isdigit() else 0)
    visible = number in settings.projects.values() and (caller == READER or number == settings.own_project)
    if not visible:
        raise not_found("Project")
    return number
