"""What a pipeline may include, of its own project and of others, and what it did include."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ci_kit.language.documents import Documents
from ci_kit.language.scope import Scope
from ci_kit.model.fetch import Fetcher, Nowhere, Unreachable
from ci_kit.source.value import Mark


class Project(NamedTuple):
    """The files of a project: `read` returns a text, None when there is no such file; `paths` all of them.

    `scope` has the variables that GitLab knows before it reads the file: rules of includes ask for them.
    `fetcher` brings what lies elsewhere; `host` is what addresses of components begin with, empty when not known.
    """

    read: Callable[[str], str | None]
    paths: Callable[[], Iterable[str]] = tuple
    scope: Scope = Scope()
    fetcher: Fetcher = Nowhere()
    host: str = ""


class Unread(NamedTuple):
    """An include of which nobody knows what it holds, or whether it counts: a sentence for the user, and its place."""

    message: str
    at: Mark


def unread(what: str, why: Unreachable, at: Mark) -> Unread:
    """Return the note on an include that could not be read, with the reason and the next step."""
    words = f"{what} is not read, and what it holds not judged: {why.reason}"
    return Unread(f"{words}; {why.hint}" if why.hint else words, at)


class Included:
    """The files that were read, the root first, and the includes that were not.

    `left_out` are includes that are taken as filtered out, since GitLab without a project's variables would do so.
    `chain` has for each file the includes that led to it, the outermost first. `broken`: GitLab refuses an include, so
    that what the content lacks may be no more than what that include would have brought.
    """

    __slots__ = ("broken", "chain", "files", "left_out", "unresolved")

    def __init__(self) -> None:
        """Begin with none."""
        self.files: list[Documents] = []
        self.unresolved: list[Unread] = []
        self.left_out: list[Unread] = []
        self.chain: dict[str, tuple[Mark, ...]] = {}
        self.broken = False
