"""What GitLab refuses in a pipeline file."""

from typing import NamedTuple

from ci_kit.source.value import NOWHERE, Mark


class Problem(NamedTuple):
    """A reason for GitLab to refuse the file, in GitLab's words, and the value it is about.

    `curable`: a file included from elsewhere may put it right. `ours` says it better than GitLab, when it is given.
    """

    message: str
    at: Mark = NOWHERE
    suggestion: str = ""
    curable: bool = False
    ours: str = ""


class Refused(Exception):
    """GitLab stops here: later phases are not reached. Caught by `analyse`, never seen by a user."""

    def __init__(self, problem: Problem) -> None:
        """Keep the one problem that GitLab would print."""
        super().__init__(problem.message)
        self.problem = problem


def refuse(message: str, at: Mark, *, curable: bool = False) -> Refused:
    """Return what to raise where GitLab stops with `message`."""
    return Refused(Problem(message, at, curable=curable))
