"""A job's project and environment, and ci-kit run in it as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.results import assert_results
from tests.rig import Rig

CI_KIT = Path(sys.executable).with_name("ci-kit")
DOCKERFILE = 'FROM busybox:1.36\nCOPY greeting /greeting\nCMD ["cat", "/greeting"]\n'


@dataclass(frozen=True, slots=True)
class Job:
    """A checkout with one commit, and the variables that GitLab would set."""

    project: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def sha(self) -> str:
        return self.environ["CI_COMMIT_SHA"]

    def start(self, *arguments: str, **variables: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [str(CI_KIT), *arguments],
            cwd=self.project,
            env=self.environ | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments, **variables)
        stdout, stderr = process.communicate(timeout=300)
        assert_results(self.project)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def make_job(rig: Rig, daemon: str, folder: Path) -> Job:
    """Return a job of the rig's project whose service is `daemon`; `folder` becomes its checkout."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    (folder / "greeting").write_text(f"hello from {folder.name}\n", encoding="utf-8")
    sha = commit(folder)
    return Job(folder, variables(rig, daemon, folder, sha))


def variables(rig: Rig, daemon: str, folder: Path, sha: str) -> dict[str, str]:
    home = folder.parent / "home"
    (home / ".docker").mkdir(parents=True, exist_ok=True)
    if not (home / ".docker" / "cli-plugins").exists():
        (home / ".docker" / "cli-plugins").symlink_to(rig.cli_plugins)
    return {
        "PATH": f"{Path(rig.docker).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "TMPDIR": str(home),
        "DOCKER_HOST": daemon,
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_COMMIT_SHA": sha,
        "CI_COMMIT_REF_NAME": "main",
        "CI_COMMIT_REF_SLUG": "main",
        "CI_COMMIT_BRANCH": "main",
        "CI_DEFAULT_BRANCH": "main",
        "CI_COMMIT_TIMESTAMP": "2026-11-01T12:00:00+00:00",
        "CI_PROJECT_ID": str(rig.project_id),
        "CI_PROJECT_PATH": rig.registry_path,
        "CI_PROJECT_URL": f"{rig.gitlab}/{rig.registry_path}",
        "CI_PIPELINE_ID": "77",
        "CI_JOB_URL": f"{rig.gitlab}/{rig.registry_path}/-/jobs/1",
        "CI_SERVER_URL": rig.gitlab,
        "CI_API_V4_URL": f"{rig.gitlab}/api/v4",
        "CI_SERVER_TLS_CA_FILE": str(rig.ca),
        "CI_REGISTRY": rig.registry,
        "CI_REGISTRY_IMAGE": f"{rig.registry}/{rig.registry_path}",
        "CI_REGISTRY_USER": "ci-user",
        "CI_REGISTRY_PASSWORD": rig.users["ci-user"]["password"],
    }


def commit(folder: Path, message: str = "first") -> str:
    """Commit everything in `folder` and return the full SHA."""
    who = ["-c", "user.name=rig", "-c", "user.email=rig@example.com"]
    git = ["git", "-C", str(folder)]
    if not (folder / ".git").exists():
        subprocess.run([*git, "init", "--quiet", "--initial-branch", "main"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, *who, "commit", "--quiet", "--allow-empty", "--message", message], check=True)
    return subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()


def secrets(rig: Rig) -> list[str]:
    """Return every password and token of the rig: none may be seen anywhere."""
    words = [user["password"] for user in rig.users.values()]
    return [word for word in [*words, *rig.api_tokens.values()] if word]


def assert_no_secret(rig: Rig, environ: Mapping[str, str], *texts: str) -> None:
    import base64

    for word in secrets(rig):
        forms = [word, base64.b64encode(f"{environ['CI_REGISTRY_USER']}:{word}".encode()).decode()]
        for text in texts:
            for form in forms:
                assert form not in text
