"""No work twice: `ci-kit build-push` of what the registry has already, with stand-ins for daemon and registry."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from ci_kit.build.inputs.content import CONTENT, INPUTS
from ci_kit.cli import main
from tests.unit.build import sent
from tests.unit.servers import Answer, Seen, Store, Web, web

ONE, TWO = "1" * 40, "2" * 40


class Daemon:
    """Answers as dockerd does; each build makes an image of its own, with the labels that are asked for."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.labels: dict[str, str] = {}  # of the last build
        self.built: dict[str, dict[str, str]] = {}
        self.builds = 0

    def __call__(self, seen: Seen) -> Answer:
        url = urlsplit(seen.path)
        query = parse_qs(url.query)
        if url.path == "/_ping":
            return Answer(200, b"OK", (("Api-Version", "1.44"),))
        if url.path.endswith("/build"):
            self.builds += 1
            self.labels = self.built[query["t"][0]] = dict(sent.labels(seen))
            return self.say({"aux": {"ID": "sha256:1"}})
        tag = query["tag"][0]
        labels = self.built[f"{unquote(url.path).partition('/images/')[2].removesuffix('/push')}:{tag}"]
        return self.say({"aux": {"Digest": self.store.image(tag, size=self.builds, labels=labels)}})

    @staticmethod
    def say(event: object) -> Answer:
        return Answer(200, json.dumps(event).encode(), (("Content-Type", "application/json"),), chunked=True)


@dataclass
class Job:
    """A checkout, and what its runs say."""

    root: Path
    store: Store
    daemon: Daemon
    docker: Web
    registry: Web
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *flags: str, sha: str = ONE, **variables: str) -> tuple[int, str, str]:
        """Return exit code, stdout and stderr; what the servers saw before is forgotten."""
        self.docker.seen.clear()
        self.registry.seen.clear()
        with self.monkeypatch.context() as patch:
            for name, value in {"CI_COMMIT_SHA": sha, **variables}.items():
                patch.setenv(name, value)
            code = main(["build-push", "--builder", "docker", *flags])
        return code, *self.capsys.readouterr()

    @property
    def images(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads((self.root / "ci-kit-result.json").read_text())["images"]
        return found

    @property
    def puts(self) -> list[str]:
        return [path.rpartition("/")[2] for path in self.registry.paths("PUT")]

    def tags(self, digest: object) -> list[str]:
        """Return the tags under which the registry has a digest, without that of the content."""
        there = self.store.kept[str(digest)]
        names = [name for name, text in self.store.kept.items() if text == there and not name.startswith("sha256:")]
        return sorted(name for name in names if not name.startswith("content-"))


@contextmanager
def running(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: Callable[[Store, Seen], Answer | None] = lambda store, seen: store(seen),
) -> Iterator[Job]:
    store = Store()
    daemon = Daemon(store)
    with web(daemon) as docker, web(lambda seen: answer(store, seen)) as registry:
        (root / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
        (root / "a").write_text("1")
        monkeypatch.chdir(root)
        branch = {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main"}
        hosts = {"DOCKER_HOST": f"tcp://{docker.netloc}", "CI_REGISTRY_IMAGE": f"{registry.netloc}/g/p"}
        for name, value in (branch | hosts | {"HOME": str(root / ".." / "home")}).items():
            monkeypatch.setenv(name, value)
        yield Job(root, store, daemon, docker, registry, monkeypatch, capsys)


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Job]:
    with running(tmp_path, monkeypatch, capsys) as made:
        yield made


def test_an_unchanged_image_gets_the_new_tags_and_no_daemon_is_asked(job: Job) -> None:
    code, said, _ = job.run()
    (first,) = job.images
    assert (code, first["skipped"], job.daemon.builds) == (0, False, 1)
    assert job.run(sha=TWO, DOCKER_HOST="unix:///nowhere.sock", CI_COMMIT_BRANCH="topic", CI_COMMIT_REF_NAME="topic")[
        :2
    ] == (0, said)
    (second,) = job.images
    assert job.docker.seen == []
    assert second["skipped"] is True
    assert second["content"] == first["content"]
    assert str(second["content"]).startswith("sha256:")
    assert (second["digest"], second["tags"]) == (first["digest"], [TWO, "topic"])
    assert (second["size"], second["platforms"], second["builder"]) == (first["size"], first["platforms"], "none")
    assert job.tags(first["digest"]) == sorted([ONE, TWO, "main", "latest", "topic"])


def test_a_job_that_is_retried_does_nothing_and_succeeds(job: Job) -> None:
    first = job.run()
    code, said, told = job.run()
    assert (code, said) == first[:2]
    assert (job.puts, job.docker.seen) == ([], [])
    assert "is there already as content-" in told
    assert job.images[0]["tags"] == [ONE, "main", "latest"]


def test_a_git_tag_on_a_commit_that_is_there_is_set(job: Job) -> None:
    job.run()
    assert job.run(CI_COMMIT_TAG="v1", CI_COMMIT_BRANCH="", CI_COMMIT_REF_NAME="v1")[0] == 0
    assert job.puts == ["v1"]
    assert job.images[0]["tags"] == [ONE, "v1"]


def test_an_old_job_that_is_retried_moves_no_tag_back(job: Job) -> None:
    job.run(CI_COMMIT_TIMESTAMP="2026-01-01T00:00:00Z")
    old = job.images[0]["digest"]
    (job.root / "a").write_text("2")
    job.run(sha=TWO, CI_COMMIT_TIMESTAMP="2026-01-02T00:00:00Z")
    (job.root / "a").write_text("1")
    code, _, told = job.run(CI_COMMIT_TIMESTAMP="2026-01-01T00:00:00Z")
    assert (code, job.daemon.builds, job.puts) == (0, 2, [])
    assert "main kept: commit 22222222 of 2026-01-02" in told
    assert (job.images[0]["tags"], job.tags(old)) == ([ONE], [ONE])


def test_no_skip_builds_again(job: Job) -> None:
    job.run()
    before = job.images[0]["digest"]
    assert job.run("--no-skip", sha=TWO)[0] == 0
    assert (job.daemon.builds, job.images[0]["skipped"]) == (2, False)
    assert job.images[0]["digest"] != before
    assert job.run(sha=TWO)[0] == 0
    assert job.daemon.builds == 2


def test_what_changed_is_built_and_said(job: Job) -> None:
    job.run()
    (job.root / "a").write_text("2")
    (job.root / "b").write_text("")
    _, _, told = job.run("--build-arg", "V=1", sha=TWO)
    assert job.daemon.builds == 2
    assert f"since {job.registry.netloc}/g/p:main:\n  - the context changed: a is changed, b is new\n" in told
    assert "  - the build arg V is new\n" in told


def test_the_image_tells_its_inputs(job: Job) -> None:
    job.run("--build-arg", "V=1")
    assert job.daemon.labels[CONTENT] == job.images[0]["content"]
    assert sorted(json.loads(job.daemon.labels[INPUTS])["inputs"]) == [
        "arg V", "builder", "context", "dockerfile", "platforms", "secrets", "target",
    ]  # fmt: skip


def test_an_index_keeps_all_its_platforms(job: Job) -> None:
    job.run()
    tag = f"content-{str(job.images[0]['content'])[7:47]}"
    children = [{"digest": job.store.image(size=size, labels=job.daemon.labels)} for size in (1, 2)]
    index = job.store.put({"manifests": children}, tag)
    code, said, _ = job.run(sha=TWO)
    assert (code, said) == (0, f"{job.registry.netloc}/g/p@{index}\n")
    assert job.tags(index) == [TWO, "latest", "main"]
    assert job.images[0]["platforms"] == ["linux/amd64", "linux/amd64"]


def test_a_rule_for_the_content_gets_its_hash(job: Job) -> None:
    rules = ["--tags", "type=content,suffix=-x", "--tags", "type=content", "--tags", "type=branch"]
    assert job.run(*rules)[0] == 0
    digits = str(job.images[0]["content"])[7:47]
    assert job.images[0]["tags"] == [f"content-{digits}-x", "main", f"content-{digits}"]
    assert job.run(*rules, sha=TWO)[0] == 0
    assert (job.daemon.builds, job.puts) == (1, [])
    assert job.images[0]["tags"] == [f"content-{digits}-x", "main", f"content-{digits}"]


def test_a_rule_for_a_content_that_cannot_be_known_makes_no_tag(job: Job) -> None:
    (job.root / "Dockerfile").write_text(f"FROM {job.registry.netloc}/g/nothing:1\n")
    assert job.run("--tags", "type=content", "--tags", "type=branch")[0] == 0
    assert job.images[0]["tags"] == [ONE, "main"]


def test_tags_that_are_not_known_yet_are_not_printed(job: Job) -> None:
    code, said, told = job.run("--print-tags", "--tags", "type=content", "--tags", "type=branch")
    assert (code, said) == (0, f"{job.registry.netloc}/g/p:main\n")
    assert "content-…: of the content, whose hash is known when the registry was asked\n" in told
    assert job.registry.seen == []


def test_a_tag_is_not_believed_without_the_image(job: Job) -> None:
    job.run()
    tag = f"content-{str(job.images[0]['content'])[7:47]}"
    wrong = job.store.image(tag, labels={CONTENT: "sha256:0"})
    _, _, told = job.run(sha=TWO)
    assert f"{tag} is another image than its tag says: it is not used" in told
    assert job.daemon.builds == 2
    assert job.tags(wrong) == []


def test_a_commit_that_is_there_is_found_without_the_tag_of_its_content(job: Job) -> None:
    job.run()
    (tag,) = [name for name in job.store.kept if name.startswith("content-")]
    del job.store.kept[tag]
    assert job.run()[0] == 0
    assert (job.puts, job.docker.seen) == ([tag], [])


def test_a_base_that_nobody_knows_is_no_failure(job: Job) -> None:
    (job.root / "Dockerfile").write_text(f"FROM {job.registry.netloc}/g/nothing:1\n")
    for number in (1, 2):
        code, _, told = job.run()
        assert (code, job.daemon.builds) == (0, number)
        assert "cannot be known whether it is there already:" in told
        assert "/g/nothing:1 is not in its registry" in told
    assert job.images[0]["content"] is None
    assert CONTENT not in job.daemon.labels
    assert not [name for name in job.store.kept if name.startswith("content-")]


def test_a_mirror_of_docker_hub_tells_of_its_images(job: Job) -> None:
    (job.root / "Dockerfile").write_text("FROM busybox:1.36\n")
    mirror = Store()
    digest = mirror.image("1.36")
    with web(mirror) as served:
        settings = {"CI_KIT_REGISTRY_MIRROR": f"http://{served.netloc}"}
        assert job.run(**settings)[0] == 0
        assert job.run("--registry-mirror", f"http://{served.netloc}", sha=TWO)[0] == 0
        assert [one.path for one in served.seen if one.method == "HEAD"] == ["/v2/library/busybox/manifests/1.36"] * 2
        assert (job.daemon.builds, job.images[0]["skipped"]) == (1, True)
        mirror.image("1.36", size=5)
        _, _, told = job.run(**settings)
    assert f"- the base image busybox:1.36 was {digest[:19]}, and is sha256:" in told


def test_another_base_makes_another_image(job: Job) -> None:
    (job.root / "Dockerfile").write_text(f"FROM {job.registry.netloc}/g/base:1\n")
    job.store.image("1", size=5)
    job.run()
    assert job.run()[0] == 0
    assert job.daemon.builds == 1
    job.store.image("1", size=6)
    _, _, told = job.run()
    assert job.daemon.builds == 2
    assert f"- the base image {job.registry.netloc}/g/base:1 was sha256:" in told


def test_one_image_is_skipped_and_the_other_built(job: Job) -> None:
    images = "version: 1\nimages:\n- {name: one, context: one, image: one}\n- {name: two, context: two, image: two}\n"
    (job.root / ".ci-kit.yml").write_text(images)
    for name in ("one", "two"):
        (job.root / name).mkdir()
        (job.root / name / "Dockerfile").write_text(f"FROM scratch\nCOPY {name} /\n")
    assert job.run("--jobs", "1")[0] == 0  # this registry has one repository
    (job.root / "two" / "new").write_text("")
    assert job.run("--jobs", "1", sha=TWO)[0] == 0
    assert {image["name"]: image["skipped"] for image in job.images} == {"one": True, "two": False}
    assert job.daemon.builds == 3


def test_an_image_that_cannot_be_read_does_not_cost_the_other(job: Job) -> None:
    images = "version: 1\nimages:\n- {name: one, context: one, image: one}\n- {name: two, context: two, image: two}\n"
    (job.root / ".ci-kit.yml").write_text(images)
    for name in ("one", "two"):
        (job.root / name).mkdir()
        (job.root / name / "Dockerfile").write_text("FROM scratch\n")
    (job.root / "one" / ".dockerignore").mkdir()
    code, _, told = job.run()
    assert code == 4
    assert "one/.dockerignore cannot be read: Is a directory" in told
    assert [image["name"] for image in job.images] == ["two"]


def test_a_content_tag_that_is_refused_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def protected(store: Store, seen: Seen) -> Answer:
        return Answer(403) if seen.method == "PUT" and "/content-" in seen.path else store(seen)

    with running(tmp_path, monkeypatch, capsys, protected) as job:
        code, _, told = job.run()
    assert code == 0
    assert "the next build cannot be skipped: " in told


def test_a_tag_that_cannot_be_set_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def protected(store: Store, seen: Seen) -> Answer:
        return Answer(403) if seen.method == "PUT" and seen.path.endswith(TWO) else store(seen)

    with running(tmp_path, monkeypatch, capsys, protected) as job:
        job.run()
        code, _, told = job.run(sha=TWO)
        assert (code, job.images) == (5, [])
        assert f":{TWO}: the registry forbids it" in told


def test_explain_says_what_changed_and_does_nothing(job: Job) -> None:
    name = f"{job.registry.netloc}/g/p:main"
    assert job.run("--explain")[:2] == (0, f"image: has to be built: {name} is not there yet\n")
    job.run()
    result = (job.root / "ci-kit-result.json").read_text()
    assert job.run("--explain", sha=TWO)[1] == (
        f"image: is there already, nothing is built\n  nothing changed since {name}\n"
    )
    (job.root / "Dockerfile").write_text("FROM scratch\n")
    (job.root / "a").unlink()
    code, said, told = job.run("--explain", "--target", "x", sha=TWO)
    assert (code, told) == (0, "")
    assert said == (
        f"image: has to be built\n  since {name}:\n  - the context changed: a is gone\n  - the Dockerfile changed\n"
        "  - the target was empty, and is x\n"
    )
    assert (job.docker.seen, job.puts) == ([], [])
    assert (job.root / "ci-kit-result.json").read_text() == result


def test_explain_as_json(job: Job) -> None:
    job.run("--build-arg", "V=1")
    content = job.images[0]["content"]
    said = json.loads(job.run("--explain", "--format", "json", "--build-arg", "V=2")[1])
    (image,) = said["images"]
    assert said["version"] == 1
    assert image["changes"] == [{"input": "arg V", "text": "the build arg V changed"}]
    assert (image["name"], image["skipped"], image["reason"]) == ("image", False, None)
    assert image["compared_with"] == f"{job.registry.netloc}/g/p:main"
    assert image["content"] != content


@pytest.mark.parametrize("label", [None, "{", "[]", "null", '{"inputs": 1, "context": {}}', "[" * 10000])
def test_an_image_of_somebody_else_tells_nothing(job: Job, label: str | None) -> None:
    job.store.image("main", labels={INPUTS: label} if label else {})
    code, said, _ = job.run("--explain")
    assert (code, said) == (
        0,
        f"image: has to be built: the image {job.registry.netloc}/g/p:main does not tell its inputs\n",
    )


def test_explain_says_why_nothing_is_known(job: Job) -> None:
    (job.root / "Dockerfile").write_text("FROM $X\n")
    assert job.run("--explain")[1] == "image: has to be built: a FROM names no image\n"
