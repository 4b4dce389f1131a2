"""A project of three images, of which one is made from the others; with stand-ins for daemon and registry."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from ci_kit.cli import main
from tests.unit.build import sent
from tests.unit.distribution import IMAGE, Distribution
from tests.unit.servers import CONFIG, Answer, Seen, Web, web

ONE, TWO, THREE = "1" * 40, "2" * 40, "3" * 40
IMAGES = """\
version: 1
images:
- {name: app, context: app, image: app}
- {name: base, context: base, image: base}
- {name: tool, context: tool, image: tool}
"""


@dataclass
class Daemon:
    """Answers as dockerd does; an image is made of the Dockerfile that is sent. Builds of `broken` fail."""

    registry: Distribution
    broken: set[str] = field(default_factory=set)
    dockerfiles: dict[str, str] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    together: threading.Barrier | None = None

    def __call__(self, seen: Seen) -> Answer:
        url = urlsplit(seen.path)
        query = parse_qs(url.query)
        if url.path == "/_ping":
            return Answer(200, b"OK", (("Api-Version", "1.44"),))
        if url.path.endswith("/build"):
            return self.build(query, seen)
        repository = unquote(url.path).partition("/images/")[2].removesuffix("/push").partition("/")[2]
        return say({"aux": {"Digest": self.push(repository, query["tag"][0])}})

    def build(self, query: dict[str, list[str]], seen: Seen) -> Answer:
        name = query["t"][0].rpartition(":")[0].rpartition("/")[2]
        if self.together:
            self.together.wait(timeout=20)
        self.order.append(name)
        self.dockerfiles[name] = sent.dockerfile(seen)
        self.labels[name] = dict(sent.labels(seen))
        if name in self.broken:
            return say({"stream": "Step 1/1 : RUN false\n"}, {"error": "exit code: 1"})
        return say({"stream": f"Step 1/1 : FROM x of {name}\nSuccessfully built\n"}, {"aux": {"ID": "sha256:1"}})

    def push(self, repository: str, tag: str) -> object:
        name = repository.rpartition("/")[2]
        config = {"os": "linux", "architecture": "amd64", "config": {"Labels": self.labels[name]}}
        layer = self.registry.blob(repository, f"{self.dockerfiles[name]}{len(self.order)}".encode())
        kept = self.registry.blob(repository, json.dumps(config).encode()) | {"mediaType": CONFIG}
        document = {"schemaVersion": 2, "mediaType": IMAGE, "config": kept, "layers": [layer]}
        return self.registry.manifest(repository, document, tag)["digest"]


def say(*events: object) -> Answer:
    text = "\n".join(map(json.dumps, events))
    return Answer(200, text.encode(), (("Content-Type", "application/json"),), chunked=True)


@dataclass
class Job:
    """A checkout of three images, of which `app` is made from `base`, and what its runs say."""

    root: Path
    daemon: Daemon
    registry: Distribution
    web: Web
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *flags: str, sha: str = ONE, **variables: str) -> tuple[int, list[str], str]:
        self.daemon.order.clear()
        self.registry.seen.clear()
        with self.monkeypatch.context() as patch:
            for name, value in {"CI_COMMIT_SHA": sha, **variables}.items():
                patch.setenv(name, value)
            code = main(["build-push", "--builder", "docker", *flags])
        said, told = self.capsys.readouterr()
        return code, said.splitlines(), told

    def write(self, name: str, dockerfile: str) -> None:
        (self.root / name).mkdir(exist_ok=True)
        (self.root / name / "Dockerfile").write_text(dockerfile)

    @property
    def images(self) -> dict[str, dict[str, object]]:
        found = json.loads((self.root / "ci-kit-result.json").read_text())["images"]
        return {image["name"]: image for image in found}

    def pinned(self, name: str) -> str:
        return f"{self.web.netloc}/g/p/{name}@{self.images[name]['digest']}"


@contextmanager
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Job]:
    registry = Distribution()
    daemon = Daemon(registry)
    with web(daemon) as docker, web(registry) as served:
        monkeypatch.chdir(tmp_path)
        branch = {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main"}
        hosts = {"DOCKER_HOST": f"tcp://{docker.netloc}", "CI_REGISTRY_IMAGE": f"{served.netloc}/g/p"}
        for name, value in (branch | hosts | {"HOME": str(tmp_path / "home")}).items():
            monkeypatch.setenv(name, value)
        made = Job(tmp_path, daemon, registry, served, monkeypatch, capsys)
        (tmp_path / ".ci-kit.yml").write_text(IMAGES)
        made.write("app", f"# my base\nFROM {served.netloc}/g/p/base\nCOPY --from={served.netloc}/g/p/tool:main / /\n")
        made.write("base", "FROM scratch\n")
        made.write("tool", "FROM scratch\nLABEL tool=1\n")
        yield made
