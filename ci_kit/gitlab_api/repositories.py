"""The container repositories of a project and its protected tags, as GitLab's API lists them.

Source: GitLab docs "Container registry API", "Container registry protection tag rules API".
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ci_kit.errors import CredentialsError, DeniedError, GitLabError


def names(api: Any, project: str) -> list[str]:
    """Return every repository of `project` (id or path) as `host[:port]/path`.

    CredentialsError or DeniedError when the token may not, GitLabError when GitLab does not answer.
    """
    with _told(project):
        repositories = api.projects.get(project, lazy=True).repositories
        return [str(repository.location) for repository in repositories.list(iterator=True, per_page=100)]


def protection(api: Any, project: str) -> Callable[[str], bool]:
    """Return what tells whether a rule of `project` protects a tag; raises as `names` does.

    A pattern that Python cannot read protects nothing, and is RE2 that GitLab can: rare, and seen in GitLab's settings.
    """
    from urllib.parse import quote

    with _told(project):
        path = f"/projects/{quote(project, safe='')}/registry/protection/tag/rules"
        rules = [rule for rule in api.http_list(path, iterator=True, per_page=100) if isinstance(rule, dict)]
    patterns = list(_patterns(str(rule.get("tag_name_pattern") or "") for rule in rules))
    return lambda tag: any(pattern.search(tag) for pattern in patterns)


def _patterns(texts: Iterator[str]) -> Iterator[re.Pattern[str]]:
    for text in texts:
        try:
            if text:
                yield re.compile(text)
        except (re.error, OverflowError, RecursionError):
            continue


@contextmanager
def _told(project: str) -> Iterator[None]:
    """Turn what python-gitlab and its transport raise into our failures."""
    import gitlab.exceptions
    import requests.exceptions

    try:
        yield
    except gitlab.exceptions.GitlabError as error:
        raise _refusal(error, project) from error
    except (requests.exceptions.RequestException, OSError) as error:
        raise GitLabError(
            f"GitLab does not answer ({type(error).__name__})", hint="check CI_SERVER_URL and its CA"
        ) from error


def _refusal(error: Any, project: str) -> Exception:
    if error.response_code == 401:
        return CredentialsError("GitLab does not accept this token", hint="is it expired, or its job over?")
    if error.response_code in (403, 404):
        return DeniedError(f"this token does not reach the registry of {project}", hint="scope read_api, role Reporter")
    return GitLabError(f"GitLab answers {error.response_code or 'something unreadable'}", hint="look at its log")
