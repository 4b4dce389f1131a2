"""The container repositories of a project, as GitLab's API lists them.

Source: GitLab docs "Container registry API"; a tag's details are one request each.
"""

from collections.abc import Iterator
from typing import Any

from ci_kit.errors import CredentialsError, DeniedError, GitLabError
from ci_kit.model.tagged_image import TaggedImage


def list_tags(api: Any, project: str) -> Iterator[TaggedImage]:
    """Yield the tags of every repository of `project` (id or path).

    CredentialsError or DeniedError when the token may not, GitLabError when GitLab does not answer.
    """
    import gitlab.exceptions
    import requests.exceptions

    try:
        repositories = api.projects.get(project, lazy=True).repositories
        for repository in repositories.list(iterator=True, per_page=100):
            yield from _tags(repository)
    except gitlab.exceptions.GitlabError as error:
        raise _refusal(error, project) from error
    except (requests.exceptions.RequestException, OSError) as error:
        raise GitLabError(
            f"GitLab does not answer ({type(error).__name__})", hint="check CI_SERVER_URL and its CA"
        ) from error


def _tags(repository: Any) -> Iterator[TaggedImage]:
    for listed in repository.tags.list(iterator=True, per_page=100):
        tag = repository.tags.get(listed.name)
        yield TaggedImage(
            repository.location, tag.name, str(tag.digest or ""), int(tag.total_size or 0), str(tag.created_at or "")
        )


def _refusal(error: Any, project: str) -> Exception:
    if error.response_code == 401:
        return CredentialsError("GitLab does not accept this token", hint="is it expired, or its job over?")
    if error.response_code in (403, 404):
        return DeniedError(f"this token does not reach the registry of {project}", hint="scope read_api, role Reporter")
    return GitLabError(f"GitLab answers {error.response_code or 'something unreadable'}", hint="look at its log")
