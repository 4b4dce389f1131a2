"""Files that pipelines include, through GitLab's API: of projects, components and GitLab's own templates.

Sources: GitLab docs "Repository files API", "Releases API", "GitLab CI/CD YAML API".
"""

from collections.abc import Callable
from typing import Any, TypeVar

from ci_kit.gitlab_api.client import ApiToken
from ci_kit.model.fetch import Fetched, NotFound, Request, Unreachable
from ci_kit.model.version import LATEST, is_partial, newest

_BYTES = 16 * 1024 * 1024
_TEMPLATE = ".gitlab-ci.yml"
_ONCE: dict[str, Any] = {"obey_rate_limit": False}  # python-gitlab would sleep as long as a 429 tells it to
_Result = TypeVar("_Result")


class _TooBig(Exception):
    """A file with more bytes than a pipeline may have."""


class GitLabFiles:
    """A fetcher that asks an instance of GitLab; each reference is looked up once: all files are of one commit."""

    def __init__(self, api: Any, token: ApiToken | None) -> None:
        """Keep a `gitlab.Gitlab`, and the token it uses for what errors say."""
        self.api = api
        self.token = token
        self.projects: dict[str, Any] = {}
        self.commits: dict[tuple[str, str], str] = {}

    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        """Return the file; NotFound when GitLab says that it is not there, Unreachable when it does not say."""
        if request.kind == "template":
            return self._asked(lambda: self._template(request))
        return self._asked(lambda: self._of_project(request))

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        """Return the paths of all files of a project at a commit."""

        def tree() -> tuple[str, ...]:
            every = self._project(project).repository_tree(ref=commit, recursive=True, iterator=True, per_page=100)
            return tuple(str(one["path"]) for one in every if one["type"] == "blob")

        found = self._asked(tree)
        return Unreachable("GitLab does not list its files") if isinstance(found, NotFound) else found

    def _asked(self, ask: Callable[[], _Result]) -> _Result | NotFound | Unreachable:
        import gitlab.exceptions
        import requests.exceptions

        try:
            return ask()
        except _TooBig:
            return Unreachable(f"it is bigger than {_BYTES // 1024 // 1024} MiB")
        except gitlab.exceptions.GitlabError as error:
            return self._refusal(error.response_code)
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            hint = "check CI_SERVER_URL and its CA"
            return Unreachable(f"GitLab does not answer ({type(error).__name__})", hint)

    def _refusal(self, status: int | None) -> NotFound | Unreachable:
        if status == 404 and self.token is not None and not self.token.of_job:
            return NotFound("project")
        if status in (401, 403, 404):
            who = f"{self.token.source} may not ({status})" if self.token else f"nobody is logged in ({status})"
            return Unreachable(who, "CI_KIT_GITLAB_TOKEN with the scope read_api may")
        return Unreachable(f"GitLab answers {status or 'something unreadable'}", "look at its log")

    def _template(self, request: Request) -> Fetched | NotFound:
        name = request.path.removesuffix(_TEMPLATE)
        found = _unless_missing(lambda: self.api.gitlabciymls.get(name, **_ONCE))
        if found is None:
            return NotFound("template")
        return Fetched(str(found.content), f"template:{request.path}", path=request.path)

    def _of_project(self, request: Request) -> Fetched | NotFound:
        project = self._project(request.project)
        version = self._version(project, request.reference) if request.kind == "component" else request.reference
        commit = self._commit(project, request, version)
        if isinstance(commit, NotFound):
            return commit
        for path in _paths(request):
            content = _unless_missing(lambda path=path: _content(project, path, commit))  # type: ignore[misc]
            if content is not None:
                name = f"{request.project}:{path}@{request.reference or 'HEAD'}"
                text = content.decode("utf-8", "replace")
                return Fetched(text, name, request.project, commit, path, version=version)
        return NotFound("file")

    def _project(self, path: str) -> Any:
        if path not in self.projects:
            self.projects[path] = self.api.projects.get(path, **_ONCE)
        return self.projects[path]

    def _commit(self, project: Any, request: Request, reference: str) -> str | NotFound:
        """Return the commit that a reference means."""
        if reference in ("", "HEAD"):
            reference = str(getattr(project, "default_branch", None) or "HEAD")
        key = (request.project, reference)
        if key not in self.commits:
            found = _unless_missing(lambda: project.commits.get(reference, **_ONCE)) if reference != LATEST else None
            if found is None:
                return _no_commit(request)
            self.commits[key] = str(found.id)
        return self.commits[key]

    def _version(self, project: Any, version: str) -> str:
        """Return the released tag that `~latest` or a partial version means, else the version itself."""
        if version != LATEST and not is_partial(version):
            return version
        releases = project.releases.list(iterator=True, per_page=100, **_ONCE)
        return newest((str(release.tag_name) for release in releases), version) or version


def _no_commit(request: Request) -> NotFound:
    if request.kind == "component" and request.reference == LATEST:
        return NotFound("latest")
    if request.kind == "component" and is_partial(request.reference):
        return NotFound("partial")
    return NotFound("reference")


def _paths(request: Request) -> tuple[str, ...]:
    if request.kind == "component":
        return f"templates/{request.path}.yml", f"templates/{request.path}/template.yml"
    return (request.path,)


def _unless_missing(ask: Callable[[], _Result]) -> _Result | None:
    import gitlab.exceptions

    try:
        return ask()
    except gitlab.exceptions.GitlabError as error:
        if error.response_code == 404:
            return None
        raise


def _content(project: Any, path: str, commit: str) -> bytes:
    content = bytearray()

    def add(chunk: bytes) -> None:
        content.extend(chunk)
        if len(content) > _BYTES:
            raise _TooBig

    project.files.raw(path, ref=commit, streamed=True, action=add, chunk_size=64 * 1024, **_ONCE)
    return bytes(content)
