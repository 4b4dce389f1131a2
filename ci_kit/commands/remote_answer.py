"""`ci-kit lint --remote`: each report beside what an instance of GitLab says of the same text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ci_kit.commands.include_sources import gitlab_of
from ci_kit.commands.instance import instance
from ci_kit.errors import UsageError
from ci_kit.gitlab_api import checkout, ci_lint
from ci_kit.model.finding import FileReport


def with_remote(
    reports: Sequence[FileReport], texts: Mapping[str, str], root: Path, environ: Mapping[str, str]
) -> list[FileReport]:
    """Return the reports with GitLab's own answers.

    UsageError when no instance or project is named, GitLabError when GitLab gives no answer.
    """
    api, _ = gitlab_of(environ)
    project = _project(root, environ)
    answers = [ci_lint.answer(api, project, texts[report.path], report.gitlab_errors) for report in reports]
    return [report._replace(remote=answer) for report, answer in zip(reports, answers, strict=True)]


def _project(root: Path, environ: Mapping[str, str]) -> str:
    """Return the project that is linted for: the job's, else that of the checkout if it is of the same instance."""
    named = environ.get("CI_PROJECT_ID") or environ.get("CI_PROJECT_PATH")
    own = urlsplit(instance(environ)).hostname
    host, path = checkout.origin(root, environ)
    if not named and host != own:
        hint = "name the project, as group/project; the checkout's origin is not of CI_SERVER_URL"
        raise UsageError("is not set", place="CI_PROJECT_PATH", hint=hint)
    return named or path
