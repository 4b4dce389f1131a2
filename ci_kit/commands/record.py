"""`ci-kit record FILE`: tell GitLab what an earlier build-push did."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ci_kit.build.tell import STEPS, tell
from ci_kit.errors import EXIT_OK, UsageError
from ci_kit.gitlab_api import client, result

HELP = "Send the record of an earlier build-push to GitLab: commit status and merge request note."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the result file."""
    parser.add_argument("file", metavar="FILE", help="the result file that build-push wrote")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Send, and write into FILE what became of it; GitLabError when GitLab does not answer."""
    path = Path(arguments.file)
    found = result.read(path)
    if client.find_token(environ) is None:
        hint = "set CI_KIT_GITLAB_TOKEN to a project token with the scope api"
        raise UsageError("there is no token for GitLab", place="CI_KIT_GITLAB_TOKEN", hint=hint)
    if not found.facts.api_url or not found.facts.project_id:
        hint = "build-push knows them in a GitLab job only"
        raise UsageError("the file names no GitLab and project", place=str(path), hint=hint)
    _require_same_gitlab(found.facts.api_url, path, environ)
    tell(found, path, STEPS, environ, _say)
    return EXIT_OK


def _require_same_gitlab(url: str, path: Path, environ: Mapping[str, str]) -> None:
    """Refuse to send a job's token where only a file says to, which another job may have written."""
    ours = environ.get("CI_SERVER_URL", "")
    if ours and urlsplit(url)[:2] != urlsplit(ours)[:2]:
        hint = "run it in a job of that GitLab, or outside a job"
        raise UsageError(f"the file is of {url}, this job of {ours}", place=str(path), hint=hint)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
