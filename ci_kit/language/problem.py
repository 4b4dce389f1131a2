"""What GitLab refuses in a pipeline file."""

from collections.abc import Hashable
from typing import NamedTuple

from ci_kit.source.value import NOWHERE, Mark


class Problem(NamedTuple):
    """A reason for GitLab to refuse the file, in GitLab's words, and the value it is about.

    `curable`: a file included from elsewhere may put it right. `ours` says it better than GitLab, when it is given.
    `job` is the job it is about, whose value may stand in another file or in what it extends.
    """

    message: str
    at: Mark = NOWHERE
    suggestion: str = ""
    curable: bool = False
    ours: str = ""
    job: Hashable = None


class Told:
    """What the phases that stop GitLab have found: GitLab prints the first, we go on and tell the others too.

    `gitlab` is the one message that GitLab prints, None while nothing stopped it. `damaged` are the top-level keys
    of which a part could not be made out: a curable problem in them is no news.
    """

    __slots__ = ("damaged", "gitlab", "problems")

    def __init__(self) -> None:
        """Begin with nothing found."""
        self.problems: list[Problem] = []
        self.gitlab: str | None = None
        self.damaged: set[Hashable] = set()

    def tell(self, problem: Problem, gitlab: str = "") -> None:
        """Keep a problem; the first one decides what GitLab prints: `gitlab`, or its own message."""
        self.problems.append(problem)
        if self.gitlab is None:
            self.gitlab = gitlab or problem.message


class Refused(Exception):
    """GitLab stops here: later phases are not reached. Caught by `analyse`, never seen by a user."""

    def __init__(self, problem: Problem) -> None:
        """Keep the one problem that GitLab would print."""
        super().__init__(problem.message)
        self.problem = problem


def refuse(message: str, at: Mark, *, curable: bool = False) -> Refused:
    """Return what to raise where GitLab stops with `message`."""
    return Refused(Problem(message, at, curable=curable))
