"""build-push killed at random moments of a whole run, and what is looked for afterwards."""

import base64
import json
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.integration.job import commit, make_job, secrets
from tests.rig import Rig

REPORTS = (
    "ci-kit-result.json",
    "ci-kit-annotations.json",
    "ci-kit.env",
    "ci-kit-report.html",
    "ci-kit-junit.xml",
)
_GONE_SECONDS = 20.0


class Kill(NamedTuple):
    """A signal, and the share of a whole run after which it comes."""

    number: int
    signal: signal.Signals
    share: float


def kills(count: int, seed: int) -> list[Kill]:
    """Half of them SIGKILL, half SIGTERM, spread over the whole run and a little beyond."""
    chance = random.Random(seed)
    signals = (signal.SIGKILL, signal.SIGTERM)
    return [Kill(number, signals[number % 2], (number + chance.random()) / count * 1.05) for number in range(count)]


class Victim:
    """A job in a folder of its own, whose image changes with every run."""

    def __init__(self, rig: Rig, daemon: str, folder: Path, builder: str) -> None:
        self.rig = rig
        self.builder = builder
        self.job = make_job(rig, daemon, folder / "project")
        self.home = folder / "home"
        (self.job.project / "Dockerfile").write_text("FROM busybox:1.36\nCOPY greeting /greeting\nRUN cat /greeting\n")
        self.before = {path for path in self._files()}

    def seconds(self) -> float:
        """How long a run takes that nobody kills."""
        begin = time.monotonic()
        self.succeed("whole")
        return time.monotonic() - begin

    def kill(self, kill: Kill, seconds: float) -> int:
        """Kill a new run; return its exit code after all that it should leave was looked at."""
        process = self._start(f"{kill.number} {kill.signal.name}")
        time.sleep(kill.share * seconds)
        process.send_signal(kill.signal)
        _, stderr = process.communicate(timeout=60)
        assert process.returncode in (0, 130, -kill.signal), (kill, process.returncode, stderr)
        self._require_nothing_left(kill, stderr)
        return process.returncode

    def succeed(self, words: str) -> None:
        """Run to the end: the image is there, and every report is whole."""
        process = self._start(words)
        stdout, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stderr
        image = json.loads((self.job.project / REPORTS[0]).read_text(encoding="utf-8"))["images"][0]
        assert stdout == f"{image['image'].rpartition(':')[0] or image['image']}@{image['digest']}\n"

    def again(self) -> None:
        """Run the same commit once more, as a retried job does."""
        process = self.job.start(*self._words())
        stdout, stderr = process.communicate(timeout=120)
        assert process.returncode == 0, stderr
        assert "@sha256:" in stdout

    def _start(self, words: str) -> "subprocess.Popen[str]":
        (self.job.project / "greeting").write_text(f"{words}\n", encoding="utf-8")
        self.job.environ["CI_COMMIT_SHA"] = commit(self.job.project, words)
        for name in REPORTS:
            (self.job.project / name).unlink(missing_ok=True)
        return self.job.start(*self._words())

    def _words(self) -> tuple[str, ...]:
        return ("build-push", "--image", f"killed-{self.job.project.parent.name}", "--builder", self.builder)

    def _require_nothing_left(self, kill: Kill, stderr: str) -> None:
        deadline = time.monotonic() + _GONE_SECONDS
        while (left := list(self.home.glob("ci-kit-*"))) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not left, (kill, left)
        for name in REPORTS:
            path = self.job.project / name
            if path.exists():
                self._require_whole(path, kill)
        halves = [path for path in self.job.project.glob(".*") if path.name.startswith(".ci-kit")]
        for path in halves:
            self._require_whole(path, kill)
        new = [path for path in self._files() if path not in self.before]
        for text in (stderr, *(path.read_bytes().decode("latin-1") for path in new)):
            for secret in self._secrets():
                assert secret not in text, (kill, text[:200])

    def _require_whole(self, path: Path, kill: Kill) -> None:
        text = path.read_text(encoding="utf-8")
        assert not text or text.endswith("\n"), (kill, path.name, text)
        if path.suffix == ".json":
            assert isinstance(json.loads(text), dict), (kill, path.name)
        ends = {".html": "</html>\n", ".xml": "</testsuites>\n"}
        assert text.endswith(ends.get(path.suffix, "")), (kill, path.name)

    def _secrets(self) -> Iterator[str]:
        for word in secrets(self.rig):
            yield word
            yield base64.b64encode(f"ci-user:{word}".encode()).decode()

    def _files(self) -> Iterator[Path]:
        for folder in (self.home, self.job.project):
            yield from (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
