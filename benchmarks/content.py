"""What it costs to know that nothing changed: the content of 20 000 tracked files, and a whole run that is skipped."""

import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from benchmarks.timing import Side, Work, budget, interleaved, process, row
from ci_kit.build.inputs import context, dockerignore
from tests.unit.servers import Answer, Seen, Store, web

_FOLDERS, _FILES, _ROUNDS = 200, 100, 9
_SECONDS, _UNCHANGED_SECONDS = 0.5, 0.3
_CI_KIT = Path(sys.executable).with_name("ci-kit")
_IGNORE = "**/*.pyc\n**/__pycache__\nnode_modules\n.env*\n*.log\ndocs/*\n!docs/README.md\n"
_WITHOUT_GIT = {"PATH": "/nowhere"}


def run() -> list[str]:
    """Return the lines of the table."""
    with tempfile.TemporaryDirectory(prefix="ci-kit-bench-") as folder:
        large, small = Path(folder, "large"), Path(folder, "small")
        _project(large, _FOLDERS)
        _project(small, 1)
        return [*_hashes(large), _unchanged(small, Path(folder))]


def _hashes(root: Path) -> list[str]:
    sides: dict[str, Side] = {
        "ours": lambda number: lambda: _hash(root, os.environ),
        "every file": lambda number: lambda: _hash(root, _WITHOUT_GIT),
        "tar": lambda number: lambda: _tar(root),
    }
    medians = interleaved(sides, _ROUNDS)
    name, aim = f"hash of {_FOLDERS * _FILES} files", "(aim: <= 0.5)"
    return [
        budget(name, medians["ours"], _SECONDS),
        row(name, medians["ours"], "hash of every file", medians["every file"], ""),
        row(name, medians["ours"], "tar, which a build sends", medians["tar"], aim),
    ]


def _hash(root: Path, environ: Mapping[str, str]) -> None:
    context.digest(context.entries(root, dockerignore.read(root, root / "Dockerfile"), environ))


def _tar(root: Path) -> None:
    with tarfile.open(mode="w", fileobj=io.BytesIO()) as made:
        made.add(root, arcname=".", filter=lambda item: None if item.name == "./.git" else item)


def _unchanged(root: Path, folder: Path) -> str:
    """Measure whole runs for new commits of the same content, beside a registry that answers at once."""
    store = Store()
    with web(_Daemon(store)) as docker, web(store) as registry:
        job = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "DOCKER_HOST": f"tcp://{docker.netloc}",
            "CI_REGISTRY_IMAGE": f"{registry.netloc}/g/p",
            "CI_COMMIT_REF_NAME": "main",
            "CI_COMMIT_BRANCH": "main",
        }

        def side(number: int) -> Work:
            sha = f"{number:040x}"
            words = [str(_CI_KIT), "build-push", "--builder", "docker"]
            return lambda: process(words, {**job, "CI_COMMIT_SHA": sha}, folder=root)

        medians = interleaved({"ours": side}, _ROUNDS)
        builds = [seen for seen in docker.seen if "/build?" in seen.path]
    if len(builds) != 1:
        sys.exit(f"{len(builds)} builds of one content")
    return budget("build-push, unchanged", medians["ours"], _UNCHANGED_SECONDS)


class _Daemon:
    """Answers as dockerd does, and puts an image with the labels it is told into a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.labels: dict[str, str] = {}

    def __call__(self, seen: Seen) -> Answer:
        url = urlsplit(seen.path)
        query = parse_qs(url.query)
        if url.path == "/_ping":
            return Answer(200, b"OK", (("Api-Version", "1.44"),))
        if url.path.endswith("/build"):
            self.labels = json.loads(query["labels"][0])
            said: object = {"aux": {"ID": "sha256:1"}}
        else:
            said = {"aux": {"Digest": self.store.image(query["tag"][0], labels=self.labels)}}
        return Answer(200, json.dumps(said).encode(), (("Content-Type", "application/json"),), chunked=True)


def _project(root: Path, folders: int) -> None:
    for number in range(folders):
        folder = root / "src" / f"folder{number:03}"
        folder.mkdir(parents=True)
        for file in range(_FILES):
            (folder / f"file{file:03}.py").write_text(f"value = {number} * {file}\n" * 40, encoding="utf-8")
    (root / "Dockerfile").write_text("FROM scratch\nCOPY src /src\n", encoding="utf-8")
    (root / ".dockerignore").write_text(_IGNORE, encoding="utf-8")
    git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "-C", str(root)]
    for words in (["init", "--quiet"], ["add", "-A"], ["commit", "--quiet", "--message", "bench"]):
        subprocess.run([*git, *words], check=True)
