"""The REST v4 routes of the stand-in: what each answers, and whether a job token may use it.

source: GitLab docs "REST API resources" and "GitLab CI/CD job token".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.rig.gitlab.answer import Answer, Refused, not_found
from tests.rig.gitlab.identity import JOB, UNAUTHORIZED
from tests.rig.gitlab.request import Request
from tests.rig.gitlab.token import project_of

VERSION = "18.5.0"
JOB_NUMBER, PIPELINE_NUMBER = 1001, 2001
SHA = "0" * 40
STATES = ("pending", "running", "success", "failed", "canceled", "skipped")
MERGE_REQUESTS = range(1, 10)  # the numbers of the merge requests that exist


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path; `of_project` routes have the project in the path."""

    method: str
    path: re.Pattern[str]
    answer: Callable[[Request], Answer]
    job_may: bool
    of_project: bool


ROUTES: list[Route] = []


def route(
    method: str, path: str, *, job: bool = False
) -> Callable[[Callable[[Request], Answer]], Callable[..., Answer]]:
    """Register a function for `method` and `path`, in which `:name` stands for one piece; `job`: job tokens may."""
    pattern = re.compile("/api/v4" + re.sub(r":(\w+)", r"(?P<\1>[^/]+)", path))

    def register(answer: Callable[[Request], Answer]) -> Callable[..., Answer]:
        ROUTES.append(Route(method, pattern, answer, job, ":project" in path))
        return answer

    return register


def now() -> str:
    """This moment as GitLab writes times."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def whole(text: str) -> int:
    """The number `text`; 0, which nothing has, when it is none."""
    return int(text) if text.isdigit() else 0


def person(request: Request) -> dict[str, Any]:
    """The user behind the caller."""
    return {
        "id": 7,
        "username": f"{request.caller}-user",
        "name": f"The {request.caller} user",
        "state": "active",
    }


# --- who and where -------------------------------------------------------------------------------------------------


@route("GET", "/version")
def version(request: Request) -> Answer:
    return Answer(200, {"version": VERSION, "revision": "rig"})


@route("GET", "/user")
def user(request: Request) -> Answer:
    return Answer(200, person(request))


@route("GET", "/job", job=True)
def job(request: Request) -> Answer:
    if request.caller != JOB:
        raise Refused(401, UNAUTHORIZED)
    number = request.settings.own_project
    pipeline = {
        "id": PIPELINE_NUMBER,
        "iid": 1,
        "project_id": number,
        "ref": "main",
        "sha": SHA,
        "status": "running",
    }
    values = {
        "id": JOB_NUMBER,
        "name": "build",
        "stage": "build",
        "status": "running",
        "ref": "main",
        "tag": False,
    }
    return Answer(200, values | {"pipeline": pipeline, "user": person(request), "commit": {"id": SHA}})


@route("GET", "/projects/:project")
def project(request: Request) -> Answer:
    path = request.project_path
    values = {"id": request.project, "path_with_namespace": path, "path": path.rpartition("/")[2]}
    places = {"web_url": f"{request.settings.url}/{path}", "default_branch": "main", "visibility": "private"}
    image = f"{request.settings.registry_host}/{path}"
    level = request.memory.mode.registry
    registry = {"container_registry_enabled": level != "disabled", "container_registry_access_level": level}
    return Answer(200, values | places | registry | {"container_registry_image_prefix": image})


# --- the repository and the linter ---------------------------------------------------------------------------------


@route("GET", "/projects/:project/repository/commits/:sha", job=True)
def commit(request: Request) -> Answer:
    sha = request.memory.references.get((request.project, request.parts["sha"]), request.parts["sha"])
    if not re.fullmatch(r"[0-9a-f]{7,40}", sha):
        raise not_found("Commit")
    return Answer(200, {"id": sha, "short_id": sha[:8], "title": "A commit", "created_at": now()})


@route("POST", "/projects/:project/repository/commits")
def create_commit(request: Request) -> Answer:
    values = request.required("branch", "commit_message", "actions")
    written = {one["file_path"]: one.get("content", "") for one in values["actions"]}
    sha = hashlib.sha1(json.dumps([written, len(request.memory.trees)]).encode()).hexdigest()
    above = request.memory.references.get((request.project, values["branch"]), "")
    request.memory.trees[sha] = request.memory.trees.get(above, {}) | written
    request.memory.references[(request.project, values["branch"])] = sha
    return Answer(201, {"id": sha, "short_id": sha[:8], "title": values["commit_message"], "created_at": now()})


@route("POST", "/projects/:project/repository/tags")
def create_tag(request: Request) -> Answer:
    values = request.required("tag_name", "ref")
    sha = request.memory.references.get((request.project, values["ref"]), values["ref"])
    request.memory.references[(request.project, values["tag_name"])] = sha
    request.memory.git_tags.add((request.project, values["tag_name"]))
    return Answer(201, {"name": values["tag_name"], "target": sha, "commit": {"id": sha}})


def tree_of(request: Request) -> dict[str, str]:
    """The files at the reference in the query."""
    asked = str(request.fields().get("ref", "main"))
    sha = request.memory.references.get((request.project, asked), asked)
    if sha not in request.memory.trees:
        raise not_found("Tree")
    return request.memory.trees[sha]


@route("GET", "/projects/:project/repository/tree")
def tree(request: Request) -> Answer:
    paths = sorted(tree_of(request))
    return request.page([{"path": path, "name": path.rpartition("/")[2], "type": "blob"} for path in paths])


@route("GET", "/projects/:project/repository/files/:path/raw")
def raw_file(request: Request) -> Answer:
    content = tree_of(request).get(request.parts["path"])
    if content is None:
        raise not_found("File")
    return Answer(200, content.encode(), {"Content-Type": "text/plain; charset=utf-8"})


@route("GET", "/templates/gitlab_ci_ymls/:name")
def ci_template(request: Request) -> Answer:
    if request.parts["name"] != "Rig":
        raise not_found("Template")
    return Answer(200, {"name": "Rig", "content": "from-template:\n  script: make\n"})


@route("POST", "/projects/:project/ci/lint")
def lint(request: Request) -> Answer:
    """A verdict of its own: what has no script has no job."""
    content = request.required("content")["content"]
    errors = [] if "script" in content else ["jobs config should contain at least one visible job"]
    merged = None if errors else content
    return Answer(200, {"valid": not errors, "errors": errors, "warnings": [], "merged_yaml": merged, "includes": []})


# --- the container registry ----------------------------------------------------------------------------------------


def repository_name(request: Request) -> str:
    """The repository in the path, which belongs to the project in the path."""
    name = request.memory.repository_name(whole(request.parts["repository"]))
    if not f"{name}/".startswith(f"{request.project_path}/"):
        raise not_found("Repository")
    return name


@route("GET", "/projects/:project/registry/repositories", job=True)
def repositories(request: Request) -> Answer:
    names = request.registry.repositories(request.project_path)
    return request.page([repository(request, name) for name in names])


def repository(request: Request, name: str) -> dict[str, Any]:
    """GitLab's view of one repository, with tags and their number when the query asks for them."""
    values: dict[str, Any] = {
        "id": request.memory.repository_number(name),
        "name": name.removeprefix(project_of(request.settings, name)).lstrip("/"),
        "path": name,
        "project_id": request.project,
        "location": f"{request.settings.registry_host}/{name}",
        "created_at": "2026-01-01T00:00:00.000Z",
        "status": None,
    }
    if request.flag("tags_count"):
        values["tags_count"] = len(request.registry.tags(name))
    if request.flag("tags"):
        values["tags"] = [request.registry.summary(name, tag) for tag in request.registry.tags(name)]
    return values


@route("GET", "/registry/repositories/:repository")
def any_repository(request: Request) -> Answer:
    name = request.memory.repository_name(whole(request.parts["repository"]))
    own = next(path for path, number in request.settings.projects.items() if number == request.settings.own_project)
    if not f"{name}/".startswith(f"{own}/"):
        raise not_found("Repository")
    return Answer(200, repository(request, name) | {"project_id": request.settings.own_project})


@route("GET", "/projects/:project/registry/repositories/:repository/tags", job=True)
def tags(request: Request) -> Answer:
    name = repository_name(request)
    return request.page([request.registry.summary(name, tag) for tag in request.registry.tags(name)])


@route("GET", "/projects/:project/registry/repositories/:repository/tags/:tag", job=True)
def tag(request: Request) -> Answer:
    return Answer(200, request.registry.tag(repository_name(request), request.parts["tag"]))


@route("DELETE", "/projects/:project/registry/repositories/:repository/tags/:tag", job=True)
def delete_tag(request: Request) -> Answer:
    rules = request.memory.protection_rules
    if any(re.search(rule["tag_name_pattern"], request.parts["tag"]) for rule in rules):
        raise Refused(403, {"message": "403 Forbidden"})
    request.registry.delete_tag(repository_name(request), request.parts["tag"])
    return Answer(200, {})


# --- commit statuses -----------------------------------------------------------------------------------------------


@route("POST", "/projects/:project/statuses/:sha")
def create_status(request: Request) -> Answer:
    values = request.required("state")
    if values["state"] not in STATES:
        raise Refused(400, {"error": "state does not have a valid value"})
    name = values.get("name") or values.get("context") or "default"
    known = request.memory.statuses.setdefault(request.parts["sha"], [])
    same = next((status for status in known if (status["name"], status["ref"]) == (name, values.get("ref"))), None)
    if same and same["status"] == values["state"] in ("pending", "running"):
        verb = {"pending": "enqueue", "running": "run"}[values["state"]]
        raise Refused(400, {"message": f"Cannot transition status via :{verb} from :{same['status']}"})
    status = same or {"id": request.memory.number(), "created_at": now()}
    status |= {
        "sha": request.parts["sha"],
        "name": name,
        "status": values["state"],
        "author": person(request),
    }
    status |= {key: values.get(key) for key in ("ref", "target_url", "description", "coverage", "pipeline_id")}
    if not same:
        known.append(status)
    return Answer(201, status)


@route("GET", "/projects/:project/statuses/:sha")
@route("GET", "/projects/:project/repository/commits/:sha/statuses")
def statuses(request: Request) -> Answer:
    return request.page(request.memory.statuses.get(request.parts["sha"], []))


# --- merge requests ------------------------------------------------------------------------------------------------


def merge_request_number(request: Request) -> int:
    """The merge request in the path."""
    text = request.parts["iid"]
    if not text.isdigit() or int(text) not in MERGE_REQUESTS:
        raise not_found("Merge Request")
    return int(text)


@route("GET", "/projects/:project/merge_requests/:iid", job=True)
def merge_request(request: Request) -> Answer:
    number = merge_request_number(request)
    branches = {"source_branch": "feature", "target_branch": "main", "project_id": request.project}
    state = "closed" if number in request.memory.closed_merge_requests else "opened"
    return Answer(200, {"id": 3000 + number, "iid": number, "state": state, "title": "A change", **branches})


@route("GET", "/projects/:project/merge_requests/:iid/notes", job=True)
def notes(request: Request) -> Answer:
    return request.page(request.memory.notes.get(merge_request_number(request), []))


@route("GET", "/projects/:project/merge_requests/:iid/notes/:note", job=True)
def note(request: Request) -> Answer:
    return Answer(200, find_note(request))


def find_note(request: Request) -> dict[str, Any]:
    """The note in the path."""
    for found in request.memory.notes.get(merge_request_number(request), []):
        if str(found["id"]) == request.parts["note"]:
            return found
    raise not_found("Note")


@route("POST", "/projects/:project/merge_requests/:iid/notes")
def create_note(request: Request) -> Answer:
    number, body = merge_request_number(request), request.required("body")["body"]
    written = {"id": request.memory.number(), "body": body, "author": person(request), "created_at": now()}
    written |= {"updated_at": written["created_at"], "system": False, "noteable_iid": number}
    request.memory.notes.setdefault(number, []).insert(0, written)  # newest first, as GitLab lists them
    return Answer(201, written)


@route("PUT", "/projects/:project/merge_requests/:iid/notes/:note")
def update_note(request: Request) -> Answer:
    body = request.required("body")["body"]
    written = find_note(request)
    written |= {"body": body, "updated_at": now()}
    return Answer(200, written)


# --- pipelines, releases, deployments, packages --------------------------------------------------------------------


@route("PUT", "/projects/:project/pipelines/:pipeline/metadata", job=True)
def rename_pipeline(request: Request) -> Answer:
    number = whole(request.parts["pipeline"])
    if not number:
        raise not_found("Pipeline")
    pipeline = {"id": number, "project_id": request.project, "name": request.required("name")["name"]}
    request.memory.pipelines[number] = pipeline
    return Answer(200, pipeline)


@route("GET", "/projects/:project/releases", job=True)
def releases(request: Request) -> Answer:
    return request.page(list(request.memory.releases.values()))


@route("GET", "/projects/:project/releases/:tag", job=True)
def release(request: Request) -> Answer:
    found = request.memory.releases.get(request.parts["tag"])
    if found is None:
        raise not_found("Release")
    return Answer(200, found)


@route("POST", "/projects/:project/releases", job=True)
def create_release(request: Request) -> Answer:
    values = request.required("tag_name")
    if values["tag_name"] in request.memory.releases:
        raise Refused(409, {"message": "Release already exists"})
    links = list((values.get("assets") or {}).get("links", []))
    written = {key: values.get(key) for key in ("tag_name", "name", "description")}
    written |= {"created_at": now(), "assets": {"count": len(links), "links": links}}
    request.memory.releases[values["tag_name"]] = written
    return Answer(201, written)


@route("GET", "/projects/:project/releases/:tag/assets/links", job=True)
def release_links(request: Request) -> Answer:
    return request.page(release(request).body["assets"]["links"])


@route("POST", "/projects/:project/releases/:tag/assets/links", job=True)
def create_release_link(request: Request) -> Answer:
    values = request.required("name", "url")
    links = release(request).body["assets"]["links"]
    check_link(values, links)
    written = {"id": request.memory.number(), **values, "link_type": values.get("link_type", "other")}
    links.append(written)
    return Answer(201, written)


def check_link(values: dict[str, Any], others: list[dict[str, Any]]) -> None:
    """Refuse a link that GitLab does not take: no web address, or name or address of another one of the release."""
    if not re.match(r"(https?|ftp)://[^/\s]", values.get("url", "https://any")):
        raise Refused(400, {"message": {"url": ["is blocked: Only allowed schemes are http, https, ftp"]}})
    for key in ("name", "url"):
        if any(values.get(key) == link[key] for link in others):
            raise Refused(400, {"message": {key: ["has already been taken"]}})


@route("PUT", "/projects/:project/releases/:tag/assets/links/:link", job=True)
def update_release_link(request: Request) -> Answer:
    links = release(request).body["assets"]["links"]
    for link in links:
        if str(link.get("id")) == request.parts["link"]:
            check_link(request.fields(), [other for other in links if other is not link])
            link |= request.fields()
            return Answer(200, link)
    raise not_found("Release link")


@route("GET", "/projects/:project/deployments", job=True)
def deployments(request: Request) -> Answer:
    return request.page(request.memory.deployments)


@route("POST", "/projects/:project/deployments", job=True)
def create_deployment(request: Request) -> Answer:
    values = request.required("environment", "sha", "ref", "tag", "status")
    environment = {"name": values["environment"]}
    written = {**values, "id": request.memory.number(), "created_at": now(), "environment": environment}
    request.memory.deployments.append(written)
    return Answer(201, written)


@route("PUT", "/projects/:project/deployments/:deployment", job=True)
def update_deployment(request: Request) -> Answer:
    status = request.required("status")["status"]
    for deployment in request.memory.deployments:
        if str(deployment["id"]) == request.parts["deployment"]:
            deployment["status"] = status
            return Answer(200, deployment)
    raise not_found("Deployment")


@route("PUT", "/projects/:project/packages/generic/:name/:version/:file", job=True)
def upload_package(request: Request) -> Answer:
    written = {
        "name": request.parts["name"],
        "version": request.parts["version"],
        "file": request.parts["file"],
    }
    request.memory.packages.append(written | {"size": len(request.body)})
    return Answer(201, {"message": "201 Created"})
