"""What GitLab's API tells of the project and of the token for it, where there is one."""

from typing import Any

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, unknown
from ci_kit.errors import UsageError
from ci_kit.gitlab_api import client

_LEVELS = 2  # below a project


def check(case: Case) -> Result:
    """Return the project's visibility and that its registry is on; a job's token may not ask for that."""
    url = case.environ.get("CI_SERVER_URL") or case.environ.get("CI_API_V4_URL", "").removesuffix("/api/v4")
    if not url:
        return unknown("CI_SERVER_URL names no GitLab")
    try:
        token = client.find_token(case.environ)
    except UsageError as error:
        return bad("gitlab-token-refused", f"{error.place}: {error.message}", goes_on=True)
    if token is None or token.of_job:
        return unknown("a project or personal token in CI_KIT_GITLAB_TOKEN would tell: a job token may not ask")
    return _ask(case, client.connect(url, token, case.environ), token.source)


def _ask(case: Case, api: Any, source: str) -> Result:
    import gitlab.exceptions
    import requests.exceptions

    try:
        found = _find(case, api)
    except gitlab.exceptions.GitlabError as error:
        return _of_status(case, error.response_code, source, str(error.error_message)[:120])
    except (requests.exceptions.RequestException, OSError) as error:
        return unknown(f"GitLab's API does not answer ({type(error).__name__})")
    return _of_project(case, found)


def _find(case: Case, api: Any) -> Any:
    """Return the project that the image belongs to: the one at its path, or up to two levels above."""
    import gitlab.exceptions

    own = case.environ.get("CI_PROJECT_ID", "")
    path = case.environ.get("CI_PROJECT_PATH", "").lower()
    if own and (not case.repository or f"{case.repository}/".startswith(f"{path}/")):
        return api.projects.get(own)
    parts = case.repository.split("/")
    for cut in range(_LEVELS + 1):
        name = "/".join(parts[: len(parts) - cut])
        try:
            return api.projects.get(name)
        except gitlab.exceptions.GitlabGetError as error:
            if error.response_code != 404 or cut == _LEVELS or "/" not in name:
                raise
    raise AssertionError("the last level returns or raises")


def _of_status(case: Case, status: int | None, source: str, said: str) -> Result:
    if status == 401:
        return bad("gitlab-token-refused", f"GitLab answers 401 to the token in {source}", goes_on=True)
    if status == 403:
        return bad("gitlab-token-scope", f"GitLab answers 403 to the token in {source}: {said}", goes_on=True)
    if status == 404:
        evidence = f"GitLab knows no project for {case.repository or 'CI_PROJECT_ID'}, or hides it from {source}"
        return bad("project-not-found", evidence, "likely", goes_on=True)
    return unknown(f"GitLab's API answers {status}")


def _of_project(case: Case, found: Any) -> Result:
    name = getattr(found, "path_with_namespace", "the project")
    visibility = str(getattr(found, "visibility", "?"))
    access = str(getattr(found, "container_registry_access_level", "") or "")
    on = getattr(found, "container_registry_enabled", None)
    if access == "disabled" or (not access and on is False):
        return bad("registry-disabled", f"{name}: container_registry_access_level is disabled", goes_on=True)
    if "nothing-granted" in case.findings and access == "private":
        return bad("registry-members-only", f"{name}: its registry is for members only", "likely", goes_on=True)
    if visibility == "private" and case.findings & {"no-credentials"}:
        return bad("project-private", f"{name} is private", goes_on=True)
    return good(f"{name}: {visibility}, its registry is on{f' ({access})' if access else ''}")
