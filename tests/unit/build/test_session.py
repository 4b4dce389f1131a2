"""The whole of `ci-kit build-push`, with a stand-in for the daemon's API, a registry and GitLab on the loopback."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ci_kit.cli import main
from ci_kit.registry import opening
from ci_kit.registry.patience import Patience
from tests.unit.servers import Answer, Seen, Store, Web, web

SHA = "0123456789abcdef0123456789abcdef01234567"
TWO = "version: 1\nimages:\n- {name: one, image: one}\n- {name: two, image: two}\n"


class Daemon:
    """Answers as dockerd does; a push puts an image into `store`. `broken` names the image that is not built."""

    def __init__(self, store: Store, broken: str = "") -> None:
        self.store = store
        self.broken = broken

    def __call__(self, seen: Seen) -> Answer:
        url = urlsplit(seen.path)
        if url.path == "/_ping":
            return Answer(200, b"OK", (("Api-Version", "1.44"),))
        if url.path.endswith("/images/create"):
            return self.say({"status": "Pull complete"})
        if url.path.endswith("/build"):
            wrong = self.broken and f"/{self.broken}:" in parse_qs(url.query)["t"][0]
            return self.say({"error": "exit code: 1"} if wrong else {"aux": {"ID": "sha256:1"}})
        return self.say({"aux": {"Digest": self.store.image(parse_qs(url.query)["tag"][0])}})

    @staticmethod
    def say(event: object) -> Answer:
        return Answer(200, json.dumps(event).encode(), (("Content-Type", "application/json"),), chunked=True)


def gitlab(seen: Seen) -> Answer:
    return Answer(201, b'{"id": 1}', (("Content-Type", "application/json"),))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what may pass be tried again at once."""
    monkeypatch.setattr(opening, "Patience", partial(Patience, first=0.001))


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout of a job of the default branch."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    known = {
        "CI_COMMIT_SHA": SHA,
        "CI_COMMIT_BRANCH": "main",
        "CI_DEFAULT_BRANCH": "main",
        "CI_COMMIT_REF_NAME": "main",
    }
    for name, value in (known | {"HOME": str(tmp_path), "CI_PROJECT_ID": "5", "CI_JOB_TOKEN": "x"}).items():
        monkeypatch.setenv(name, value)
    return tmp_path


@contextmanager
def around(monkeypatch: pytest.MonkeyPatch, broken: str = "") -> Iterator[tuple[Web, Web, Web]]:
    store = Store()
    with web(Daemon(store, broken)) as docker, web(store) as registry, web(gitlab) as api:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://{docker.netloc}")
        monkeypatch.setenv("CI_REGISTRY_IMAGE", f"{registry.netloc}/g/p")
        monkeypatch.setenv("CI_API_V4_URL", f"http://{api.netloc}/api/v4")
        yield docker, registry, api


def images(job: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((job / "ci-kit-result.json").read_text())["images"]
    return found


def test_an_image_is_published_recorded_and_printed(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with around(monkeypatch) as (_, registry, api):
        assert main(["build-push", "--builder", "docker"]) == 0
    (image,) = images(job)
    said, told = capsys.readouterr()
    assert said == f"{registry.netloc}/g/p@{image['digest']}\n"
    assert "commit status: set" in told
    assert image["tags"] == [SHA, "main", "latest"]
    assert image["recorded"] == {
        "dotenv": "ci-kit.env",
        "annotations": "ci-kit-annotations.json",
        "report": "ci-kit-report.html",
        "junit": "ci-kit-junit.xml",
        "commit_status": "sent",
    }
    assert f"CI_KIT_IMAGE_DIGEST={image['digest']}\n" in (job / "ci-kit.env").read_text()
    assert api.paths() == [f"/api/v4/projects/5/statuses/{SHA}"]


def test_one_image_that_fails_does_not_cost_the_other_its_record(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (job / ".ci-kit.yml").write_text(
        TWO.replace("one: {", "one: {image: one, ").replace("two: {", "two: {image: two, ")
    )
    with around(monkeypatch, broken="one") as (_, registry, api):
        assert main(["build-push", "--builder", "docker"]) == 4
    said, told = capsys.readouterr()
    assert [image["name"] for image in images(job)] == ["two"]
    assert said.startswith(f"{registry.netloc}/g/p/two@sha256:")
    assert told.splitlines()[-1].startswith("ci-kit build-push: error: one was not built: exit code: 1 -> ")
    assert len(api.seen) == 1


def test_without_the_right_to_push_no_daemon_is_asked(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with around(monkeypatch) as (docker, _, _), web(lambda seen: Answer(404)) as other:
        assert main(["build-push", "--builder", "docker", "--image", f"{other.netloc}/g/p"]) == 5
    assert docker.seen == []
    assert "does not speak the registry protocol" in capsys.readouterr().err
    assert images(job) == []


def test_without_a_daemon_nothing_counts_as_pushed(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with around(monkeypatch):
        monkeypatch.setenv("DOCKER_HOST", f"unix://{job}/none.sock")
        assert main(["build-push"]) == 4
    assert "no service: the socket" in capsys.readouterr().err
    assert images(job) == []


def test_a_token_that_cannot_be_used_is_told_before_anything_is_built(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI_KIT_GITLAB_TOKEN", "two words")
    with around(monkeypatch) as (docker, registry, _):
        assert main(["build-push"]) == 2
    assert docker.seen == registry.seen == []
    assert "CI_KIT_GITLAB_TOKEN: holds a character that no token has" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_built(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with around(monkeypatch) as (docker, registry, _):
        assert main(["build-push", "--result", "Dockerfile/result.json"]) == 2
    assert docker.seen == registry.seen == []
    assert "Dockerfile/result.json: cannot be written" in capsys.readouterr().err


def test_a_result_of_an_earlier_run_does_not_outlive_a_failure(job: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with around(monkeypatch) as (docker, _, _):
        assert main(["build-push", "--builder", "docker"]) == 0
        assert len(images(job)) == 1
        monkeypatch.setenv("CI_REGISTRY_IMAGE", f"{docker.netloc}/g/p")
        assert main(["build-push", "--builder", "docker"]) == 5
    assert images(job) == []


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_was_pushed_is_kept_when_the_run_is_ended(job: Path, monkeypatch: pytest.MonkeyPatch, jobs: str) -> None:
    running: list[subprocess.Popen[bytes]] = []

    def end(seen: Seen) -> Answer:
        if "/two:" in seen.path or "two%3A" in seen.path:
            deadline = time.monotonic() + 20
            while not images(job) and time.monotonic() < deadline:
                time.sleep(0.01)
            running[0].send_signal(signal.SIGTERM)
            time.sleep(0.5)
        return daemon(seen)

    (job / ".ci-kit.yml").write_text(TWO)
    store = Store()
    daemon = Daemon(store)
    with around(monkeypatch), web(end) as docker, web(store) as registry:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://{docker.netloc}")
        monkeypatch.setenv("CI_REGISTRY_IMAGE", f"{registry.netloc}/g/p")
        words = ["build-push", "--builder", "docker", "--jobs", jobs]
        running.append(subprocess.Popen([sys.executable, "-m", "ci_kit", *words]))
        assert running[0].wait(60) == 130
    assert [image["name"] for image in images(job)] == ["one"]
    (failure,) = json.loads((job / "ci-kit-result.json").read_text())["failures"]
    assert (failure["name"], failure["exit_code"]) == ("two", 130)
    assert "stopped by SIGTERM" in failure["message"]
    assert 'failure message="stopped by SIGTERM' in (job / "ci-kit-junit.xml").read_text()
    assert (job / "ci-kit-report.html").read_text().endswith("</html>\n")


def test_a_size_that_cannot_be_read_fails_nothing(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store()

    def without_blobs(seen: Seen) -> Answer:
        return Answer(500) if "/blobs/" in seen.path else store(seen)

    with around(monkeypatch), web(Daemon(store)) as docker, web(without_blobs) as registry:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://{docker.netloc}")
        monkeypatch.setenv("CI_REGISTRY_IMAGE", f"{registry.netloc}/g/p")
        assert main(["build-push", "--builder", "docker"]) == 0
    assert "size and platforms are not known" in capsys.readouterr().err
    assert images(job)[0]["size"] == 0


def test_a_version_that_is_there_fails_the_job_and_is_recorded(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI_COMMIT_TAG", "v1.2.3")
    monkeypatch.setenv("CI_KIT_TAGS", "type=semver\ntype=sha")
    store = Store()
    theirs = store.image("1.2.3", size=7)
    with around(monkeypatch), web(Daemon(store)) as docker, web(store) as registry:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://{docker.netloc}")
        monkeypatch.setenv("CI_REGISTRY_IMAGE", f"{registry.netloc}/g/p")
        assert main(["build-push", "--builder", "docker"]) == 5
        said, told = capsys.readouterr()
        (image,) = images(job)
        assert main(["build-push", "--builder", "docker", "--overwrite-tags"]) == 0
    assert said == f"{registry.netloc}/g/p@{image['digest']}\n"
    assert f"error: {registry.netloc}/g/p:1.2.3 is not set: it is there already with {theirs} -> make a new" in told
    assert image["tags"] == [SHA]
    assert image["moves"] == [
        {"tag": SHA, "state": "set", "was": "", "reason": ""},
        {"tag": "1.2.3", "state": "refused", "was": theirs, "reason": f"it is there already with {theirs}"},
        {"tag": "latest", "state": "kept", "was": "", "reason": "1.2.3 was refused"},
    ]
    assert images(job)[0]["tags"] == [SHA, "1.2.3", "latest"]


def test_a_tag_of_a_newer_commit_stays_and_is_told(
    job: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI_COMMIT_TIMESTAMP", "2026-01-02T00:00:00Z")
    prefix, store = "org.opencontainers.image.", Store()
    newer = {f"{prefix}revision": "f" * 40, f"{prefix}created": "2026-01-03T00:00:00Z"}
    store.image("main", labels=newer)
    with around(monkeypatch), web(Daemon(store)) as docker, web(store) as registry:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://{docker.netloc}")
        monkeypatch.setenv("CI_REGISTRY_IMAGE", f"{registry.netloc}/g/p")
        assert main(["build-push", "--builder", "docker"]) == 0
    told = capsys.readouterr().err
    assert "image: main kept: commit ffffffff of 2026-01-03T00:00:00+00:00 is newer" in told
    assert images(job)[0]["tags"] == [SHA, "latest"]
