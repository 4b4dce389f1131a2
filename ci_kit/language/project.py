"""What a pipeline may include of its own project, and what it did include."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ci_kit.language.documents import Documents
from ci_kit.language.scope import Scope
from ci_kit.source.value import Mark


class Project(NamedTuple):
    """The files of a project: `read` returns a text, None when there is no such file; `paths` all of them.

    `scope` has the variables that GitLab knows before it reads the file: rules of includes ask for them.
    """

    read: Callable[[str], str | None]
    paths: Callable[[], Iterable[str]] = tuple
    scope: Scope = Scope()


class Included:
    """The files that were read, the root first, and the includes that were not."""

    __slots__ = ("files", "unresolved")

    def __init__(self) -> None:
        """Begin with none."""
        self.files: list[Documents] = []
        self.unresolved: list[tuple[str, Mark]] = []
