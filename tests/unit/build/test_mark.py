"""A tag that leads to an image of an older commit knows which commit it was set for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.build.project import ONE, THREE, TWO, Job, running
from tests.unit.distribution import Distribution
from tests.unit.servers import Answer, Seen

FIRST, SECOND, REVERT = ({"CI_COMMIT_TIMESTAMP": f"2026-01-0{day}T00:00:00Z"} for day in (1, 2, 3))


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Job]:
    with running(tmp_path, monkeypatch, capsys) as made:
        (tmp_path / ".ci-kit.yml").write_text("version: 1\nimages:\n- {name: base, context: base, image: base}\n")
        yield made


def at(job: Job, tag: str) -> str:
    return job.registry.of("g/p/base").tags[tag]


def notes(job: Job) -> list[str]:
    return [tag for tag in job.registry.of("g/p/base").tags if tag.startswith("sha256-")]


def reverted(job: Job) -> str:
    """Build a commit, another one, and take that back; return the digest of the first."""
    assert job.run(**FIRST)[0] == 0
    first = str(job.images["base"]["digest"])
    job.write("base", "FROM scratch\nLABEL second=1\n")
    assert job.run(sha=TWO, **SECOND)[0] == 0
    job.write("base", "FROM scratch\n")
    assert job.run(sha=THREE, **REVERT)[0] == 0
    assert (job.images["base"]["skipped"], at(job, "main"), at(job, "latest")) == (True, first, first)
    return first


@pytest.mark.parametrize("flag", ["--no-skip", "--jobs=1"])
def test_after_a_revert_an_older_job_that_is_retried_moves_nothing(job: Job, flag: str) -> None:
    first = reverted(job)
    job.write("base", "FROM scratch\nLABEL second=1\n")
    code, _, told = job.run(flag, sha=TWO, **SECOND)
    assert (code, at(job, "main"), at(job, "latest")) == (0, first, first)
    # Another image of the revert's content is of no newer commit, so nothing is said of it.
    assert "main kept: commit 33333333 of 2026-01-03T00:00:00+00:00 is newer" in told


def test_a_newer_commit_moves_it_on(job: Job) -> None:
    reverted(job)
    job.write("base", "FROM scratch\nLABEL fourth=1\n")
    assert job.run(sha="4" * 40, CI_COMMIT_TIMESTAMP="2026-01-04T00:00:00Z")[0] == 0
    assert at(job, "main") == job.images["base"]["digest"]


def test_a_commit_that_changes_nothing_is_noted_and_the_retried_one_is_not(job: Job) -> None:
    reverted(job)
    first = at(job, "main")
    assert job.run(sha="5" * 40, CI_COMMIT_TIMESTAMP="2026-01-05T00:00:00Z")[0] == 0
    assert [move["state"] for move in job.images["base"]["moves"][1:]] == ["same", "same"]  # type: ignore[attr-defined]
    job.write("base", "FROM scratch\nLABEL fourth=1\n")
    _, _, told = job.run(sha="4" * 40, CI_COMMIT_TIMESTAMP="2026-01-04T00:00:00Z")
    assert "main kept: commit 55555555" in told
    assert at(job, "main") == first
    job.write("base", "FROM scratch\n")
    job.run(sha="5" * 40, CI_COMMIT_TIMESTAMP="2026-01-05T00:00:00Z")
    assert job.registry.count("PUT") == 0


def test_only_what_is_of_another_commit_needs_a_note(job: Job) -> None:
    job.run(**FIRST)
    job.run(**FIRST)
    assert notes(job) == []
    job.run(sha=TWO, **SECOND)
    assert len(notes(job)) == 2
    assert job.registry.count("POST") == 1
    image = at(job, "main").removeprefix("sha256:")
    assert {tag.partition(".tag-")[0] for tag in notes(job)} == {f"sha256-{image}"}


def test_a_note_that_is_refused_is_no_failure(job: Job) -> None:
    def protected(seen: Seen, registry: Distribution) -> Answer | None:
        return Answer(403) if seen.method == "PUT" and "/sha256-" in seen.path else None

    job.run(**FIRST)
    job.registry.faults.append(protected)
    code, _, told = job.run(sha=TWO, **SECOND)
    assert code == 0
    assert "base: main: an older commit's job may move it back, no note can be left: " in told
    assert job.images["base"]["tags"] == [TWO, "main", "latest"]
    assert ONE not in job.images["base"]["tags"]  # type: ignore[operator]
