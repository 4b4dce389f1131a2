"""Several images of one project in one run: order, pins, failures; with stand-ins for daemon and registry."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.build.project import IMAGES, TWO, Job, running


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Job]:
    with running(tmp_path, monkeypatch, capsys) as made:
        yield made


def test_an_image_is_made_from_what_its_siblings_are_now(job: Job) -> None:
    written = (job.root / "app" / "Dockerfile").read_text()
    code, said, told = job.run()
    assert (code, job.daemon.order[-1]) == (0, "app"), told
    assert said == [job.pinned("app"), job.pinned("base"), job.pinned("tool")]
    assert list(job.images) == ["app", "base", "tool"]
    assert job.daemon.dockerfiles["app"].partition("LABEL ")[0] == (
        f"# my base\nFROM {job.pinned('base')}\nCOPY --from={job.pinned('tool')} / /\n"
    )
    assert (job.root / "app" / "Dockerfile").read_text() == written


def test_what_is_made_from_a_changed_image_is_built_again_and_else_nothing(job: Job) -> None:
    job.run()
    first = job.images
    assert job.run(sha=TWO)[0] == 0
    assert [image["skipped"] for image in job.images.values()] == [True, True, True]
    assert [image["digest"] for image in job.images.values()] == [image["digest"] for image in first.values()]
    job.write("base", "FROM scratch\nLABEL changed=1\n")
    _, _, told = job.run(sha=TWO)
    assert {name: image["skipped"] for name, image in job.images.items()} == {"app": False, "base": False, "tool": True}
    assert job.daemon.order == ["base", "app"]
    assert re.search(r"app \|   - the base image \S+/g/p/base was sha256:\w+, and is sha256:", told)


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_what_is_made_from_an_image_that_fails_is_not_built_and_says_why(job: Job, jobs: str) -> None:
    job.daemon.broken = {"base"}
    code, said, told = job.run("--jobs", jobs)
    assert (code, said) == (4, [job.pinned("tool")])
    assert job.daemon.order == ["base", "tool"] or jobs == "3"
    assert "app" not in job.daemon.order
    assert told.splitlines()[-2:] == [
        "ci-kit build-push: error: app was not built: it is made from base, which failed -> base has its own message",
        "ci-kit build-push: error: base was not built: exit code: 1 -> the lines above say which step failed",
    ]


def test_images_that_do_not_need_each_other_are_built_at_the_same_time(job: Job) -> None:
    job.write("app", "FROM scratch\nLABEL app=1\n")
    job.daemon.together = threading.Barrier(3)
    assert job.run("--jobs", "3")[0] == 0
    assert sorted(job.daemon.order) == ["app", "base", "tool"]


def test_every_line_is_whole_and_has_its_image(job: Job) -> None:
    _, _, told = job.run("--jobs", "3")
    lines = [line for line in told.splitlines() if "->" not in line]
    assert lines
    assert [line for line in lines if not re.match(r"(app|base|tool) \| \S|(app|base|tool) \|   ", line)] == []
    assert "tool | Step 1/1 : FROM x of tool" in lines
    _, _, told = job.run("--jobs", "1", "--no-skip")
    assert "Step 1/1 : FROM x of tool" in told.splitlines()


def test_needs_that_are_said_hold_without_a_from(job: Job) -> None:
    (job.root / ".ci-kit.yml").write_text(IMAGES.replace("image: base", "image: base, needs: [tool]"))
    job.run("--jobs", "3")
    assert job.daemon.order == ["tool", "base", "app"]


def test_a_circle_is_refused_before_anything_is_asked(job: Job) -> None:
    job.write("base", f"FROM {job.web.netloc}/g/p/app\n")
    code, _, told = job.run()
    assert (code, job.registry.seen) == (2, [])
    assert told == (
        "ci-kit build-push: error: .ci-kit.yml:3:3: the images need each other in a circle: app needs base, "
        "base needs app -> let one of them be made FROM another image\n"
    )


def test_a_job_of_one_image_is_told_of_its_base_by_the_other_job(job: Job) -> None:
    job.run("--name", "base")
    base = job.pinned("base")
    job.run("--name", "base", "--no-skip", sha=TWO)
    assert job.pinned("base") != base
    job.run("--name", "app", sha=TWO, CI_KIT_IMAGE_REF_BASE=base)
    assert f"FROM {base}\n" in job.daemon.dockerfiles["app"]


def test_a_job_of_one_image_finds_its_base_by_the_commit(job: Job) -> None:
    job.run("--name", "base")
    base = job.pinned("base")
    job.run("--name", "tool")
    job.run("--name", "base", "--no-skip", sha=TWO, CI_COMMIT_BRANCH="b", CI_COMMIT_REF_NAME="b")
    code, _, told = job.run("--name", "app")
    assert (code, "not built of this commit" in told) == (0, False)
    assert f"FROM {base}\n" in job.daemon.dockerfiles["app"]
    code, _, told = job.run("--name", "app", sha="3" * 40)
    assert "base is not built of this commit yet: it is taken as the registry has it, which may be old" in told


def test_what_other_jobs_leave_is_no_part_of_an_image(job: Job) -> None:
    (job.root / ".ci-kit.yml").write_text(IMAGES.replace("context: app", "dockerfile: app/Dockerfile"))
    job.run()
    job.run("--name", "app", "--result", "out/ci-kit-result-app.json", "--report", "ci-kit-report-app.html")
    content = json.loads((job.root / "out/ci-kit-result-app.json").read_text())["images"][0]["content"]
    (job.root / "out/ci-kit-result-base.json").write_text("another one each time")
    (job.root / "ci-kit-report-tool.html").write_text("another one each time")
    job.run("--name", "app", "--result", "out/ci-kit-result-app.json", "--report", "ci-kit-report-app.html")
    (image,) = json.loads((job.root / "out/ci-kit-result-app.json").read_text())["images"]
    assert (image["content"], image["skipped"]) == (content, True)


def test_explain_says_what_cannot_be_known_yet(job: Job) -> None:
    _, said, _ = job.run("--explain")
    assert said[0] == "app: has to be built: it is made from base, which has to be built"
    job.run()
    _, said, _ = job.run("--explain", sha=TWO)
    assert [line for line in said if line.endswith("nothing is built")] == [
        f"{name}: is there already, nothing is built" for name in ("app", "base", "tool")
    ]
    assert job.daemon.order == []


@pytest.mark.parametrize("jobs", ["0", "-1", "x", "65", "1.5", "\u0661"])
def test_jobs_are_a_small_number(job: Job, jobs: str) -> None:
    code, _, told = job.run("--jobs", jobs)
    assert code == 2
    assert "is not 1 to 64" in told
