"""`ci-kit record FILE`: tell GitLab what an earlier build-push did."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ci_kit.build.tell import asked, tell
from ci_kit.config import flags, load
from ci_kit.errors import EXIT_OK, UsageError
from ci_kit.gitlab_api import client, result

HELP = "Send the record of an earlier build-push to GitLab: release link, commit status, merge request note."
_STEPS = ("release_link", "environment", "pipeline_name", "commit_status", "merge_request_note")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the result file, and what is to be sent."""
    parser.add_argument("file", metavar="FILE", help="the result file that build-push wrote")
    flags.add(parser, "record", only=_STEPS)
    parser.add_argument("--config", metavar="FILE", help="settings file (default: .ci-kit.yml where there is one)")
    parser.add_argument(
        "--create-release", action="store_true", help="make the release of the git tag where there is none yet"
    )


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Send, and write into FILE what became of it; GitLabError when GitLab does not answer."""
    path, config = Path(arguments.file), Path(arguments.config) if arguments.config else load.find(Path.cwd())
    found = result.read(path)
    to = load.record_settings(config, vars(arguments), environ)
    if client.find_token(environ) is None:
        hint = "set CI_KIT_GITLAB_TOKEN to a project token with the scope api"
        raise UsageError("there is no token for GitLab", place="CI_KIT_GITLAB_TOKEN", hint=hint)
    if not found.facts.api_url or not found.facts.project_id:
        hint = "build-push knows them in a GitLab job only"
        raise UsageError("the file names no GitLab and project", place=str(path), hint=hint)
    _require_same_gitlab(found.facts.api_url, path, environ)
    tell(found, path, asked(to, create_release=arguments.create_release), environ, _say)
    return EXIT_OK


def _require_same_gitlab(url: str, path: Path, environ: Mapping[str, str]) -> None:
    """Refuse to send a job's token where only a file says to, which another job may have written."""
    ours = environ.get("CI_SERVER_URL", "")
    if ours and urlsplit(url)[:2] != urlsplit(ours)[:2]:
        hint = "run it in a job of that GitLab, or outside a job"
        raise UsageError(f"the file is of {url}, this job of {ours}", place=str(path), hint=hint)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
