"""What GitLab says is in use, for the images of one run of `ci-kit cleanup`; each project is asked once."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ci_kit.cleanup.judge import Keeper
from ci_kit.cleanup.live import LiveKeeper, NobodyKeeps, nothing_known
from ci_kit.cleanup.survey import Survey
from ci_kit.errors import CiKitError
from ci_kit.gitlab_api import client, repositories, uses

_UNKNOWN = "set CI_SERVER_URL, CI_PROJECT_ID and CI_KIT_GITLAB_TOKEN, or say --live none"


class LiveUses:
    """Who keeps what, by project. What could not be read is said once, and then what it may speak of is kept."""

    def __init__(self, sources: Sequence[str], environ: Mapping[str, str], say: Callable[[str], None]) -> None:
        """Keep whom to ask; nothing is asked yet."""
        self._sources = () if "none" in sources else tuple(sources)
        self._environ = environ
        self._say = say
        self._keepers: dict[str, Keeper] = {}
        self._protected: dict[str, tuple[str, ...]] = {}

    def keeper(self, survey: Survey) -> Keeper:
        """Return who tells what the images of a repository are needed for."""
        project = self._project(survey)
        if project not in self._keepers:
            self._keepers[project] = self._made(survey, project)
        return self._keepers[project]

    def protected(self, survey: Survey) -> tuple[str, ...]:
        """Return the patterns of the rules by which GitLab protects tags of its registry from somebody.

        Where the token may not read them, the registry's own token has told those that hold for us.
        """
        project = survey.project
        if project and project not in self._protected:
            self._protected[project] = self._rules(project)
        return self._protected.get(project, ())

    def _project(self, survey: Survey) -> str:
        return survey.project or self._environ.get("CI_PROJECT_ID", "")

    def _api(self) -> Any:
        token, url = client.find_token(self._environ), self._environ.get("CI_SERVER_URL", "")
        return client.connect(url, token, self._environ) if token and url else None

    def _rules(self, project: str) -> tuple[str, ...]:
        api = self._api()
        try:
            return tuple(repositories.protected(api, project)) if api else ()
        except CiKitError:
            return ()

    def _made(self, survey: Survey, project: str) -> Keeper:
        if not self._sources:
            return NobodyKeeps()
        if not project and not survey.has_tokens:
            self._say(f"note: {survey.snapshot.name} is of no GitLab project: nobody is asked what is in use")
            return NobodyKeeps()
        api = self._api() if project else None
        if api is None:
            self._say(f"note: GitLab is not known here, so what may be in use is kept -> {_UNKNOWN}")
            return nothing_known(self._sources, "GitLab is not known here")
        found = uses.read(api, project, self._sources)
        for source, reason in found.missing.items():
            name = source.replace("_", " ")
            self._say(f"note: GitLab's {name} were not read, so tags that may be theirs are kept: {reason}")
        return LiveKeeper(found)
