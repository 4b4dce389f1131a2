"""One file that an include is about: what GitLab says of its address, and where its text is.

Source: gitlab `lib/gitlab/ci/config/external/file`.
"""

import re
from collections.abc import Hashable
from typing import Any, NamedTuple

from ci_kit.language import ruby
from ci_kit.language.component_address import address
from ci_kit.language.include_location import Kind, Location, has_extension, is_url
from ci_kit.language.problem import Problem
from ci_kit.language.project import Project
from ci_kit.language.scope import Scope
from ci_kit.model.fetch import Fetched, NotFound, Request, Unreachable
from ci_kit.model.version import LATEST

_TEMPLATE = ".gitlab-ci.yml"
_BOM = "\ufeff"
_USER = re.compile(r"(?<=://)[^/?#@\s]+@")
_SECRET = re.compile(r"([?&][^=&#]*(?:token|secret|password|key|sig)[^=&#]*=)[^&#\s]+", re.I)
_USE = "Use a tag, branch, or commit SHA instead."
_NOT_IN_CATALOG = "version reference is not supported for non-catalog resources."


class Site(NamedTuple):
    """Where a file's own includes are looked up: a project, by its path, at a commit; without, nowhere."""

    project: str = ""
    commit: str = ""
    own: bool = False  # the project that is linted

    def scope(self, project: Project) -> Scope:
        """Return the variables: GitLab forgets them in files that belong to no project."""
        return project.scope if self.own or self.project else Scope(complete=True)


OWN = Site(own=True)


class Text(NamedTuple):
    """A file that was found: its text, how findings call it, and where its own includes are looked up.

    `note` says why it may not be the file that GitLab would read, `version` which tag the version of a component means.
    """

    text: str
    name: str
    site: Site
    note: str = ""
    version: str = ""


Found = Text | Unreachable | str  # the text; why nobody knows; what GitLab says


class File:
    """A file on its way: `problem` is why GitLab refuses it, `gitlab` its words where they are not the problem's.

    `others` are what else is wrong with it, which GitLab names no more, or within its words.
    """

    __slots__ = ("gitlab", "kind", "location", "others", "problem", "project", "site")

    def __init__(self, location: Location, kind: Kind, site: Site, project: str) -> None:
        """Begin with no problem; `project` is the one that the include names."""
        self.location = location
        self.kind = kind
        self.site = site
        self.project = project
        self.problem: Problem | None = None
        self.others: list[Problem] = []
        self.gitlab = ""

    @property
    def shown(self) -> str:
        """The location as GitLab prints it; secrets in an address are left out."""
        return without_secrets(ruby.text(self.kind.value))

    @property
    def reference(self) -> str:
        """The branch, tag or commit that is asked for."""
        return str(self.location.said.get("ref") or "HEAD")

    @property
    def subject(self) -> str:
        """How the include is called in a sentence."""
        if self.kind.name == "project":
            return f"`{self.shown}` of project {self.project}"
        return f"`{self.shown}`" if self.kind.name == "local" else f"{self.kind.name} `{self.shown}`"

    @property
    def key(self) -> Hashable:
        """What is the same for two includes of the same file."""
        integrity = ruby.text(self.location.said.get("integrity"))
        return (
            self.kind.name,
            self.location.component,
            ruby.text(self.kind.value),
            self.site,
            self.project,
            self.reference,
            integrity,
        )

    def component(self, found: Text) -> dict[str, str] | None:
        """Return what is known of the component that the file is, None when it is none."""
        if self.kind.name != "component":
            return None
        path, _, reference = str(self.kind.value).partition("@")
        known = {"name": path.rpartition("/")[2], "sha": found.site.commit, "reference": reference}
        return {key: value for key, value in (known | {"version": found.version}).items() if value}

    def within(self, problem: Problem) -> Problem:
        """Return a problem of the file's text, in the words in which GitLab says it of an included file."""
        return problem._replace(message=f"`{self.shown}`: {problem.message}")

    def refuse(self, problem: Problem, gitlab: str = "") -> None:
        """Keep a problem of the file's text."""
        self.problem = self.within(problem)
        self.gitlab = f"`{self.shown}`: {gitlab or problem.message}"


def without_secrets(text: str) -> str:
    """Return an address without its user and without the tokens in its query; other texts as they are."""
    return _SECRET.sub(r"\1…", _USER.sub("…@", text)) if "://" in text else text


def location_problem(file: File) -> Problem | None:
    """Return what GitLab refuses in the address alone."""
    kind, value = file.kind.name, file.kind.value
    words = ""
    if not isinstance(value, str):
        words = f"Included file `{file.shown}` needs to be a string"
    elif kind != "component" and not has_extension(value):
        words = f"Included file `{file.shown}` does not have YAML extension!"
    elif kind == "template" and not value.endswith(_TEMPLATE):
        words = f"Template file `{file.shown}` is not a valid location!"
    elif kind == "remote" and not is_url(value):
        words = f"Remote file `{file.shown}` does not have a valid address!"
    return Problem(words, file.kind.at) if words else None


def find(file: File, project: Project) -> Found:
    """Return the text of a file whose address is good, GitLab's words when there is none."""
    if file.kind.name == "artifact":
        return "Including configs from artifacts is only allowed when triggering child pipelines"
    if file.kind.name == "local":
        return _local(file, project)
    if file.kind.name == "component":
        return _component(file, project)
    return _fetched(file, _request(file), project)


def _local(file: File, project: Project) -> Found:
    path = str(file.kind.value)
    if not file.site.own and not file.site.project:
        return f"Local file `{path}` does not have project!"
    found = _at(file.site, path, project)
    if isinstance(found, Unreachable):
        return found
    if isinstance(found, NotFound) or not found.text.strip():
        return f"Local file `{path}` {'does not exist' if isinstance(found, NotFound) else 'is empty'}!"
    return Text(found.text.removeprefix(_BOM), found.name, file.site, found.note)


def _at(site: Site, path: str, project: Project) -> Fetched | NotFound | Unreachable:
    if any(part in ("", ".", "..") for part in path.split("/")):
        return NotFound("file")  # Git knows no such path
    if not site.own:
        return project.fetcher.fetch(Request("project", path, site.project, site.commit))
    text = project.read(path)
    return NotFound("file") if text is None else Fetched(text, path)


def _request(file: File) -> Request:
    value = str(file.kind.value)
    if file.kind.name == "project":
        return Request("project", value, file.project, file.reference)
    return Request("remote" if file.kind.name == "remote" else "template", value.strip())


def _component(file: File, project: Project) -> Found:
    if not file.site.own and not file.site.project:
        return "Unable to use components outside of a project context"
    if file.location.component and file.site.own:
        return _own_component(file, project)
    parts = address(str(file.kind.value), project.host)
    if parts is None:
        return f"Component '{file.shown}' - the component path is not supported"
    if not parts.project or not parts.name or parts.project.startswith("/"):
        return _missing(file, NotFound("file"))
    return _fetched(file, Request("component", parts.name, parts.project, parts.version), project)


def _own_component(file: File, project: Project) -> Found:
    name = file.location.component
    for path in (f"templates/{name}.yml", f"templates/{name}/template.yml"):
        text = project.read(path)
        if text is not None and text.strip():
            return Text(text.removeprefix(_BOM), path, OWN)
    return _missing(file, NotFound("file"))


def _fetched(file: File, request: Request, project: Project) -> Found:
    found = project.fetcher.fetch(request)
    if isinstance(found, Unreachable):
        return found
    if isinstance(found, NotFound):
        return _missing(file, found)
    if not found.text.strip():
        empty = f"Project `{file.project}` file `{file.shown}` is empty!"
        return empty if file.kind.name == "project" else _missing(file, NotFound("file"))
    if file.kind.name == "remote" and not _is_intact(found.text, file.location.said.get("integrity")):
        return f"Remote file `{file.shown}` failed integrity check!"
    return Text(found.text.removeprefix(_BOM), found.name, Site(found.project, found.commit), found.note, found.version)


def _missing(file: File, why: NotFound) -> str:
    if file.kind.name == "project":
        return _missing_in_project(file, why)
    if file.kind.name == "component":
        return f"Component '{file.shown}' - {_missing_component(why)}"
    if file.kind.name == "remote" and why.what == "scheme":
        return "Remote file could not be fetched because URL is blocked: Only allowed schemes are http, https!"
    if file.kind.name == "remote" and why.what == "status":
        words = f"could not be fetched after 1 attempts because of HTTP code `{why.detail}` error!"
        return f"Remote file `{file.shown}` {words}"
    return f"Included file `{file.shown}` is empty or does not exist!"


def _missing_in_project(file: File, why: NotFound) -> str:
    if why.what == "project":
        rest = "Make sure any includes in the pipeline configuration are correctly defined."
        return f"Project `{file.project}` not found or access denied! {rest}"
    what = f"reference `{file.reference}`" if why.what == "reference" else f"file `{file.shown}`"
    return f"Project `{file.project}` {what} does not exist!"


def _missing_component(why: NotFound) -> str:
    if why.what == "project":
        return "project does not exist or you don't have sufficient permissions"
    if why.what in ("latest", "partial"):
        version = LATEST if why.what == "latest" else "partial semantic"
        return f"The {version} {_NOT_IN_CATALOG} {_USE}"
    return "content not found"


def _is_intact(text: str, integrity: Any) -> bool:
    """Tell whether the text has the hash that the include asks for; without one it has."""
    if integrity is None or integrity is False:
        return True
    import base64
    import hashlib

    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()).decode()
    return bool(integrity == f"sha256-{digest}")
