import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ci_kit.errors import UsageError
from ci_kit.gitlab_api import context
from ci_kit.model import tag_name
from ci_kit.model.record import JobFacts

SHA = "0123456789abcdef0123456789abcdef01234567"
JOB = {
    "CI_COMMIT_SHA": SHA,
    "CI_COMMIT_REF_NAME": "feature/x",
    "CI_COMMIT_REF_SLUG": "feature-x",
    "CI_COMMIT_BRANCH": "feature/x",
    "CI_DEFAULT_BRANCH": "main",
    "CI_COMMIT_TIMESTAMP": "2026-01-02T03:04:05+00:00",
    "CI_PROJECT_ID": "5",
    "CI_PROJECT_URL": "https://gitlab.example.com/g/p",
    "CI_JOB_URL": "https://gitlab.example.com/g/p/-/jobs/9",
    "CI_PIPELINE_ID": "8",
    "CI_API_V4_URL": "https://gitlab.example.com/sub/api/v4",
    "CI_JOB_TOKEN": "secret",
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("main", "main"),
        ("feature/New_Thing", "feature-new-thing"),
        ("--x--", "x"),
        ("a" * 80, "a" * 63),
        ("a" * 62 + "--b", "a" * 62),
        ("Übung", "bung"),
        ("1.2.3", "1-2-3"),
        ("///", ""),
    ],
)
def test_a_slug_is_made_as_gitlab_makes_it(name: str, expected: str) -> None:
    assert tag_name.slug(name) == expected


@given(some.text())
def test_every_slug_is_a_label_of_dns(name: str) -> None:
    made = tag_name.slug(name)
    assert len(made) <= 63
    assert made.strip("-") == made
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_a_job_is_read_from_its_variables_without_git(tmp_path: Path) -> None:
    assert context.read(JOB | {"PATH": ""}, tmp_path) == JobFacts(
        sha=SHA,
        ref="feature/x",
        ref_slug="feature-x",
        branch="feature/x",
        default_branch="main",
        timestamp="2026-01-02T03:04:05+00:00",
        project_id="5",
        project_url="https://gitlab.example.com/g/p",
        job_url="https://gitlab.example.com/g/p/-/jobs/9",
        pipeline_id="8",
        api_url="https://gitlab.example.com/sub",
    )


def test_no_secret_is_among_the_facts_that_are_written(tmp_path: Path) -> None:
    assert "secret" not in str(context.read(JOB, tmp_path).as_json())


def test_a_slug_is_made_where_gitlab_gives_none(tmp_path: Path) -> None:
    environ = {"CI_COMMIT_SHA": SHA, "CI_COMMIT_TAG": "V 1", "CI_SERVER_URL": "https://gitlab.example.com"}
    facts = context.read(environ, tmp_path)
    assert (facts.ref_slug, facts.tag, facts.api_url) == ("v-1", "V 1", "https://gitlab.example.com")


@pytest.mark.parametrize(
    ("branch", "merge_request", "expected"),
    [("main", "", True), ("x", "", False), ("", "", False), ("main", "7", False)],
)
def test_the_default_branch_is_known(branch: str, merge_request: str, expected: bool) -> None:
    facts = JobFacts(branch=branch, default_branch="main", merge_request=merge_request)
    assert facts.on_default_branch is expected


@pytest.mark.parametrize("sha", ["abc", SHA[:-1], SHA.upper(), f"{SHA}\n", "HEAD"])
def test_a_sha_that_is_none_is_refused(tmp_path: Path, sha: str) -> None:
    with pytest.raises(UsageError, match=r"CI_COMMIT_SHA: .* is not a full commit SHA -> run in a GitLab job"):
        context.read({"CI_COMMIT_SHA": sha}, tmp_path)


def test_outside_of_job_and_repository_the_next_step_is_told(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    with pytest.raises(UsageError, match="is not set, and this is not a git repository with a commit"):
        context.read(environ, tmp_path)
    with pytest.raises(UsageError, match="is not set, and this is not a git repository with a commit"):
        context.read({"PATH": "/nowhere"}, tmp_path)


# a real repository


@pytest.fixture
def quiet(tmp_path: Path) -> dict[str, str]:
    """An environment in which git knows no configuration but the repository's."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_COMMITTER_DATE": "2026-01-02T03:04:05+01:00",
    }


@pytest.fixture
def checkout(tmp_path: Path, quiet: dict[str, str]) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, quiet, "init", "-q", "-b", "main")
    git(folder, quiet, "config", "user.name", "x")
    git(folder, quiet, "config", "user.email", "x@example.com")
    git(folder, quiet, "commit", "-q", "--allow-empty", "-m", "one")
    return folder


def git(folder: Path, environ: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], env=environ, capture_output=True, check=True)
    return done.stdout.decode().strip()


def test_a_checkout_answers_for_itself(checkout: Path, quiet: dict[str, str]) -> None:
    git(checkout, quiet, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(checkout, quiet, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    facts = context.read(quiet, checkout)
    assert facts.sha == git(checkout, quiet, "rev-parse", "HEAD")
    assert (facts.branch, facts.ref, facts.ref_slug) == ("main", "main", "main")
    assert facts.timestamp == "2026-01-02T03:04:05+01:00"
    assert facts.on_default_branch


def test_a_detached_checkout_has_a_commit_and_no_branch(checkout: Path, quiet: dict[str, str]) -> None:
    git(checkout, quiet, "checkout", "-q", "--detach")
    facts = context.read(quiet, checkout)
    assert facts.sha
    assert (facts.branch, facts.ref, facts.ref_slug) == ("", "", "")


def test_a_repository_without_a_commit_is_refused(tmp_path: Path, quiet: dict[str, str]) -> None:
    git(tmp_path, quiet, "init", "-q")
    with pytest.raises(UsageError, match="not a git repository with a commit"):
        context.read(quiet, tmp_path)


def test_variables_win_over_git(checkout: Path, quiet: dict[str, str]) -> None:
    facts = context.read(quiet | {"CI_COMMIT_BRANCH": "other", "CI_DEFAULT_BRANCH": "other"}, checkout)
    assert facts.branch == "other"
    assert facts.on_default_branch


def test_a_branch_whose_name_is_no_utf8_does_no_harm(checkout: Path, quiet: dict[str, str]) -> None:
    subprocess.run([b"git", b"-C", bytes(checkout), b"checkout", b"-q", b"-b", b"x\xff"], env=quiet, check=True)
    facts = context.read(quiet, checkout)
    assert facts.ref_slug == "x"
