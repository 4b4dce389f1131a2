"""What every step of the ladder is given, and what it may find instead of a place to write to."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ci_kit.model.record import BuildRecord, JobFacts

# python-gitlab would sleep as long as a 429 tells it to, an hour if need be.
ONCE: dict[str, Any] = {"obey_rate_limit": False}


class Told(NamedTuple):
    """What GitLab is told: images, their job, the `environment` of a deployment (empty: none).

    With `create_release` a release that is missing is made.
    """

    records: tuple[BuildRecord, ...]
    facts: JobFacts
    environment: str = ""
    create_release: bool = False

    def project(self, api: Any) -> Any:
        """Return the project; nothing is sent."""
        return api.projects.get(self.facts.project_id, lazy=True)


class Rung(NamedTuple):
    """One step: whether it applies to what is told, how it is sent, and whether GitLab lets a job token do it.

    Source: GitLab docs "GitLab CI/CD job token".
    """

    applies: Callable[[Told], bool]
    send: Callable[[Any, Told], None]
    of_job: bool


class NotYetError(Exception):
    """What the step writes to is not there yet; the text says what is missing and what brings it."""
