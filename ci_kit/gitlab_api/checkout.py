"""What git says of a checkout, for work outside a job."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SECONDS = 20
# ssh://git@host:22/group/project.git, https://host/group/project, git@host:group/project.git
_ADDRESS = re.compile(r"(?:\w+://)?(?:[^@/]*@)?([\w.-]+)(?::\d+(?=/))?[:/](.+?)(?:\.git)?/?")


def read(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the CI variables that git can answer for `root`, by GitLab's names; empty outside a repository."""
    asked = {
        "CI_COMMIT_SHA": ["rev-parse", "--verify", "HEAD"],
        "CI_COMMIT_TIMESTAMP": ["show", "-s", "--no-show-signature", "--format=%cI", "HEAD"],
        "CI_COMMIT_BRANCH": ["symbolic-ref", "--quiet", "--short", "HEAD"],
        "CI_DEFAULT_BRANCH": ["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"],
    }
    said = {name: _git(root, arguments, environ) for name, arguments in asked.items()}
    said["CI_DEFAULT_BRANCH"] = said["CI_DEFAULT_BRANCH"].removeprefix("origin/")
    said["CI_COMMIT_REF_NAME"] = said["CI_COMMIT_BRANCH"]
    return {name: value for name, value in said.items() if value}


def origin(root: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return host and project path of the remote `origin`, each empty when there is none."""
    found = _ADDRESS.fullmatch(_git(root, ["remote", "get-url", "origin"], environ))
    return (found[1].lower(), found[2].strip("/")) if found else ("", "")


def _git(root: Path, arguments: list[str], environ: Mapping[str, str]) -> str:
    """Return git's one line, empty when git is missing or has no answer."""
    quiet = {**environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            env=quiet,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
