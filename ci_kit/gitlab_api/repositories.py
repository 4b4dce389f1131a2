"""The container repositories of a project and its protected tags, as GitLab's API lists them.

Source: GitLab docs "Container registry API", "Container registry protection tag rules API".
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ci_kit.errors import CredentialsError, DeniedError, GitLabError


def names(api: Any, project: str) -> list[str]:
    """Return every repository of `project` (id or path) as `host[:port]/path`.

    CredentialsError or DeniedError when the token may not, GitLabError when GitLab does not answer.
    """
    with told(project):
        repositories = api.projects.get(project, lazy=True).repositories
        return [str(repository.location) for repository in repositories.list(iterator=True, per_page=100)]


def protection(api: Any, project: str) -> Callable[[str], bool]:
    """Return what tells whether a rule of `project` protects a tag; raises as `names` does.

    A pattern that Python cannot read protects nothing, and is RE2 that GitLab can: rare, and seen in GitLab's settings.
    """
    patterns = list(_patterns(protected(api, project)))
    return lambda tag: any(pattern.search(tag) for pattern in patterns)


def protected(api: Any, project: str) -> list[str]:
    """Return the patterns (RE2, anywhere in the tag) of the rules that protect tags of `project`; raises as `names`."""
    from urllib.parse import quote

    with told(project):
        path = f"/projects/{quote(project, safe='')}/registry/protection/tag/rules"
        rules = [rule for rule in api.http_list(path, iterator=True, per_page=100) if isinstance(rule, dict)]
    return [str(rule["tag_name_pattern"]) for rule in rules if rule.get("tag_name_pattern")]


def set_cleanup_policy(api: Any, project: str, attributes: Mapping[str, Any]) -> None:
    """Give `project` GitLab's own cleanup policy, which takes the role Maintainer; raises as `names` does."""
    with told(project, "the settings", "scope api, role Maintainer"):
        found = api.projects.get(project, lazy=True)
        found.container_expiration_policy_attributes = dict(attributes)
        found.save()


def _patterns(texts: Iterable[str]) -> Iterator[re.Pattern[str]]:
    for text in texts:
        try:
            yield re.compile(text)
        except (re.error, OverflowError, RecursionError):
            continue


@contextmanager
def told(project: str, what: str = "the registry", needs: str = "scope read_api, role Reporter") -> Iterator[None]:
    """Turn what python-gitlab and its transport raise about `what` of `project` into our failures."""
    import gitlab.exceptions
    import requests.exceptions

    try:
        yield
    except gitlab.exceptions.GitlabError as error:
        raise _refusal(error, project, what, needs) from error
    except (requests.exceptions.RequestException, OSError) as error:
        raise GitLabError(
            f"GitLab does not answer ({type(error).__name__})", hint="check CI_SERVER_URL and its CA"
        ) from error


def _refusal(error: Any, project: str, what: str, needs: str) -> Exception:
    if error.response_code == 401:
        return CredentialsError("GitLab does not accept this token", hint="is it expired, or its job over?")
    if error.response_code in (403, 404):
        return DeniedError(f"this token does not reach {what} of {project}", hint=needs)
    return GitLabError(f"GitLab answers {error.response_code or 'something unreadable'}", hint="look at its log")
