"""GitLab's own verdict on a pipeline file, from its CI Lint API.

Source: GitLab docs "CI Lint API: Validate CI/CD configuration".
"""

from collections.abc import Sequence
from typing import Any

from ci_kit.errors import GitLabError
from ci_kit.model.finding import RemoteAnswer


def answer(api: Any, project: str, content: str, own: Sequence[str]) -> RemoteAnswer:
    """Return GitLab's answer in the context of `project` (id or path), beside our `own` errors.

    GitLabError when GitLab does not give one.
    """
    import gitlab.exceptions
    import requests.exceptions

    asked = {"content": content, "dry_run": False, "include_merged_yaml": True}
    try:
        said = api.projects.get(project, lazy=True).ci_lint.create(asked, obey_rate_limit=False)
        return _compared(bool(said.valid), [str(one) for one in said.errors or ()], own)
    except gitlab.exceptions.GitlabError as error:
        raise _refusal(error.response_code, project) from error
    except (requests.exceptions.RequestException, OSError, AttributeError, TypeError) as error:
        hint = "check CI_SERVER_URL and its CA"
        raise GitLabError(f"GitLab does not answer ({type(error).__name__})", hint=hint) from error


def _compared(valid: bool, errors: Sequence[str], own: Sequence[str]) -> RemoteAnswer:
    only_remote = tuple(one for one in errors if one not in own)
    return RemoteAnswer(valid, tuple(errors), only_remote, tuple(one for one in own if one not in errors))


def _refusal(status: int | None, project: str) -> GitLabError:
    if status in (401, 403, 404):
        hint = "CI_KIT_GITLAB_TOKEN with the scope api and the role Developer may"
        return GitLabError(f"this token may not lint for the project {project} ({status})", hint=hint)
    return GitLabError(f"GitLab answers {status or 'something unreadable'}", hint="look at its log")
