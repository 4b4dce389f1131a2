"""What an include that lies elsewhere asks for, what may come back, and who brings it."""

from typing import Literal, NamedTuple, Protocol

Kind = Literal["project", "remote", "template", "component"]


class Request(NamedTuple):
    """A file of another place.

    `path` is the file in `project`, an URL, the name of a template, or the name of a component in `project`.
    `reference` is a branch, tag or commit, for a component also a version.
    """

    kind: Kind
    path: str
    project: str = ""
    reference: str = ""


class Fetched(NamedTuple):
    """A file as it was found; `name` is how findings call it.

    `project` and `commit` are where its own local includes are looked up, `path` is where it stands there. `note` says
    why it may not be the file that was asked for, empty when it surely is. `version` is the tag that a component's
    version stood for.
    """

    text: str
    name: str
    project: str = ""
    commit: str = ""
    path: str = ""
    note: str = ""
    version: str = ""


class NotFound(NamedTuple):
    """There surely is no such file. `what` is missing, `detail` says more: a status that HTTP answers with."""

    what: Literal["project", "reference", "file", "template", "latest", "partial", "status", "scheme"]
    detail: str = ""


class Unreachable(NamedTuple):
    """Nobody knows whether there is such a file: why, and what to do to find out."""

    reason: str
    hint: str = ""


class Fetcher(Protocol):
    """Brings files of other projects and of the web. Neither method raises."""

    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        """Return the file, or why there is none."""

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        """Return the paths of all files of a project at a commit that `fetch` named."""


class Nowhere:
    """A fetcher that looks nowhere."""

    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        """Return that nothing was looked for."""
        return Unreachable("only the files of this project are read here")

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        """Return that nothing was looked for."""
        return Unreachable("only the files of this project are read here")
