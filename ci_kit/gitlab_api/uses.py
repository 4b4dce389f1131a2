"""What a project's images are still needed for: branches, open merge requests, git tags, releases, environments.

A job token may read these in its own project on GitLab 18 and later, on older ones less.
Source: GitLab docs "Branches API", "Merge requests API", "Tags API", "Releases API", "Environments API",
"GitLab CI/CD job token".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ci_kit.errors import CiKitError, GitLabError
from ci_kit.gitlab_api.repositories import told

_PAGE = 100


class Use(NamedTuple):
    """One use: `names` are those that image tags are made of, `commits` full SHAs; `said` is it in words."""

    kind: str
    said: str
    names: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()


class Uses(NamedTuple):
    """All uses that could be read, and why the others could not: source -> reason."""

    found: tuple[Use, ...] = ()
    missing: Mapping[str, str] = {}


def read(api: Any, project: str, sources: Sequence[str]) -> Uses:
    """Return the uses of `project` (id or path) by the names of `sources`; what the token may not read is missing."""
    found, missing = list[Use](), dict[str, str]()
    for source in sources:
        if any(reason.startswith("GitLab ") for reason in missing.values()):
            missing[source] = "GitLab was not asked again"
            continue
        try:
            with told(project, f"the {source.replace('_', ' ')}"):
                found += _READERS[source](api.projects.get(project, lazy=True))
        except GitLabError as error:
            missing[source] = f"GitLab gives no answer: {error.message}"
        except CiKitError as error:
            missing[source] = error.message
    return Uses(tuple(found), missing)


def _branches(project: Any) -> Iterator[Use]:
    for branch in project.branches.list(iterator=True, per_page=_PAGE):
        yield Use("branch", f"branch {branch.name}", (branch.name,), _commit(branch))


def _merge_requests(project: Any) -> Iterator[Use]:
    for one in project.mergerequests.list(state="opened", iterator=True, per_page=_PAGE):
        commits = (str(one.sha),) if getattr(one, "sha", None) else ()
        yield Use("merge request", f"merge request !{one.iid}", (str(one.iid), one.source_branch), commits)


def _tags(project: Any) -> Iterator[Use]:
    for tag in project.tags.list(iterator=True, per_page=_PAGE):
        yield Use("git tag", f"git tag {tag.name}", (tag.name,), _commit(tag))


def _releases(project: Any) -> Iterator[Use]:
    for release in project.releases.list(iterator=True, per_page=_PAGE):
        yield Use("git tag", f"release {release.tag_name}", (release.tag_name,), _commit(release))


def _environments(project: Any) -> Iterator[Use]:
    """Yield the environments that are not stopped; their list has no deployments, so each is asked for."""
    for listed in project.environments.list(states="available", iterator=True, per_page=_PAGE):
        one = project.environments.get(listed.id)
        last: Mapping[str, Any] = getattr(one, "last_deployment", None) or {}
        names = (one.name, getattr(one, "slug", ""), last.get("ref") or "")
        commits = (str(last["sha"]),) if last.get("sha") else ()
        yield Use("environment", f"environment {one.name}", tuple(filter(None, names)), commits)


_READERS: Mapping[str, Callable[[Any], Iterator[Use]]] = {
    "branches": _branches,
    "merge_requests": _merge_requests,
    "tags": _tags,
    "releases": _releases,
    "environments": _environments,
}


def _commit(thing: Any) -> tuple[str, ...]:
    commit = getattr(thing, "commit", None)
    return (str(commit["id"]),) if isinstance(commit, dict) and commit.get("id") else ()
