"""What `ci-kit promote` leaves behind: the files of build-push, and a commit status where a token may set one."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ci_kit.build.books import Books
from ci_kit.build.tell import Asked, tell
from ci_kit.config.settings import RecordSettings
from ci_kit.gitlab_api import client, context
from ci_kit.model.record import JobFacts
from ci_kit.registry.promotion import Promoted
from ci_kit.registry.promotion_record import records
from ci_kit.registry.side import Side


class Recorder:
    """The books of one promotion. The note of a merge request is build-push's: it would be overwritten."""

    def __init__(self, arguments: argparse.Namespace, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
        """Write empty books: a folder that cannot be written to is told before a byte moves."""
        to = RecordSettings(arguments.result, arguments.dotenv, arguments.annotations, report="", junit="")
        facts = context.read(environ, Path.cwd()) if environ.get("CI_COMMIT_SHA") else JobFacts()
        self._books = Books(to, facts, several=len(arguments.destination) > 1)
        self._environ = environ
        self._say = say
        self._books.write()

    def keep(self, served: Sequence[Promoted], source: Side) -> None:
        """Write what was served, then set the commit status; GitLabError when GitLab does not answer."""
        self._books.records.extend(records(served, source))
        self._books.write()
        token = client.find_token(self._environ)
        if token and not token.of_job:  # a job's own token may not, as build-push has said
            result = Path(self._books.to.result) if self._books.to.result else None
            tell(self._books.result, result, Asked(("commit_status",)), self._environ, self._say)
