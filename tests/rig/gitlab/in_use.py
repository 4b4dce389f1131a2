"""The routes that tell what a project's images are needed for, and those about protection and cleanup policies.

source: GitLab docs "Branches API", "Merge requests API", "Tags API", "Environments API", "Projects API",
"Container registry protection tag rules API", "GitLab CI/CD job token".
"""

from __future__ import annotations

from typing import Any

from tests.rig.gitlab.answer import Answer, Refused, not_found
from tests.rig.gitlab.request import Request
from tests.rig.gitlab.routes import MERGE_REQUESTS, ROUTES, merge_request, route, whole

__all__ = ["ROUTES"]  # those of routes.py and of this file

MOST_RULES = 5
# What GitLab takes for a cleanup policy; source: app/models/container_expiration_policy.rb
POLICY: dict[str, tuple[object, ...]] = {
    "cadence": ("1d", "7d", "14d", "1month", "3month"),
    "keep_n": (None, 1, 5, 10, 25, 50, 100),
    "older_than": (None, "7d", "14d", "30d", "60d", "90d"),
    "enabled": (True, False),
}


def named(request: Request, *, tags: bool) -> list[dict[str, Any]]:
    """The branches, or the git tags, of the project."""
    known = request.memory.references.items()
    found = {name: sha for (project, name), sha in known if project == request.project}
    return [
        {"name": name, "commit": {"id": sha}, "protected": name == "main"}
        for name, sha in sorted(found.items())
        if ((request.project, name) in request.memory.git_tags) is tags
    ]


@route("GET", "/projects/:project/repository/branches", job=True)
def branches(request: Request) -> Answer:
    return request.page(named(request, tags=False))


@route("POST", "/projects/:project/repository/branches")
def create_branch(request: Request) -> Answer:
    values = request.required("branch", "ref")
    sha = request.memory.references.get((request.project, values["ref"]), values["ref"])
    request.memory.references[(request.project, values["branch"])] = sha
    return Answer(201, {"name": values["branch"], "commit": {"id": sha}})


@route("GET", "/projects/:project/repository/tags", job=True)
def git_tags(request: Request) -> Answer:
    return request.page(named(request, tags=True))


@route("GET", "/projects/:project/merge_requests", job=True)
def merge_requests(request: Request) -> Answer:
    state = next(iter(request.query.get("state", [])), "all")
    known = [merge_request(request.of(iid=str(number))).body for number in MERGE_REQUESTS]
    return request.page([one for one in known if state in ("all", one["state"])])


@route("PUT", "/projects/:project/merge_requests/:iid")
def change_merge_request(request: Request) -> Answer:
    event = request.required("state_event")["state_event"]
    closed = request.memory.closed_merge_requests
    (closed.add if event == "close" else closed.discard)(whole(request.parts["iid"]))
    return merge_request(request)


def environment_list(request: Request) -> list[dict[str, Any]]:
    """The environments that something was deployed to, each with its last successful deployment."""
    found: dict[str, dict[str, Any]] = {}
    for deployment in request.memory.deployments:
        if deployment["status"] == "success":
            found[deployment["environment"]["name"]] = deployment
    return [
        {"id": number, "name": name, "slug": name.replace("/", "-").lower(), "state": "available", "last": last}
        for number, (name, last) in enumerate(found.items(), 1)
    ]


@route("GET", "/projects/:project/environments", job=True)
def environments(request: Request) -> Answer:
    return request.page([{key: one[key] for key in one if key != "last"} for one in environment_list(request)])


@route("GET", "/projects/:project/environments/:environment", job=True)
def environment(request: Request) -> Answer:
    for one in environment_list(request):
        if one["id"] == whole(request.parts["environment"]):
            return Answer(200, {**one, "last_deployment": one["last"]})
    raise not_found("Environment")


@route("GET", "/projects/:project/registry/protection/tag/rules")
def protection_rules(request: Request) -> Answer:
    return request.page(request.memory.protection_rules)


@route("POST", "/projects/:project/registry/protection/tag/rules")
def protect(request: Request) -> Answer:
    values = request.required("tag_name_pattern")
    if len(request.memory.protection_rules) >= MOST_RULES:
        raise Refused(422, {"message": "Maximum number of protection rules have been reached."})
    written = {
        "id": request.memory.number(),
        "project_id": request.project,
        "tag_name_pattern": values["tag_name_pattern"],
        "minimum_access_level_for_push": values.get("minimum_access_level_for_push"),
        "minimum_access_level_for_delete": values.get("minimum_access_level_for_delete"),
    }
    request.memory.protection_rules.append(written)
    return Answer(201, written)


@route("PUT", "/projects/:project")
def change_project(request: Request) -> Answer:
    policy = request.required("container_expiration_policy_attributes")["container_expiration_policy_attributes"]
    wrong = [key for key, allowed in POLICY.items() if policy.get(key) not in allowed]
    if wrong:
        raise Refused(400, {"message": {f"container_expiration_policy.{wrong[0]}": ["is not included in the list"]}})
    request.memory.cleanup_policies[request.project] = policy
    return Answer(200, {"id": request.project, "container_expiration_policy": policy})
