"""What `ci-kit images` takes for a thousand tags, beside the quickest loop of commands: skopeo inspect for each tag."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import Side, Work, interleaved, process
from tests import rig as rigs
from tests.pusher import CONFIG, LAYER, Pusher

CI_KIT = Path(sys.executable).parent / "ci-kit"
_TAGS = 1000
_LOOPED = 25  # tags that the loop asks for in a round; its time grows with them in a line
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class _Bench:
    """A repository with a thousand tags, and who may read it."""

    image: str
    environ: Mapping[str, str]
    certificates: Path
    cache: Path

    def ours(self, warm: bool) -> Side:
        """Return a listing of all tags with digest and date; cold, its cache is empty."""
        words = [str(CI_KIT), "images", self.image, "--format", "json", "--cache", str(self.cache)]

        def prepare(number: int) -> Work:
            if warm:
                process(words, self.environ)
            else:
                shutil.rmtree(self.cache, ignore_errors=True)
            return lambda: process(words, self.environ)

        return prepare

    def loop(self) -> Side:
        """Return the loop over some of the tags."""
        user = f"{self.environ['CI_REGISTRY_USER']}:{self.environ['CI_REGISTRY_PASSWORD']}"
        options = ["--no-tags", "--cert-dir", str(self.certificates), "--creds", user]
        script = 'for tag in "$@"; do skopeo inspect $OPTIONS "docker://$IMAGE:$tag" || exit; done'

        def prepare(number: int) -> Work:
            tags = [f"t{(number * _LOOPED + place) % _TAGS}" for place in range(_LOOPED)]
            known = {**self.environ, "OPTIONS": " ".join(options), "IMAGE": self.image}
            return lambda: process(["sh", "-c", script, "loop", *tags], known)

        return prepare


def run() -> list[str]:
    """Return the lines of the table; CI_KIT_RIG_DIR names a rig that runs, else one is started and stopped."""
    if not shutil.which("skopeo"):
        return ["images: not measured, skopeo is not installed (apt-get install skopeo)"]
    running = os.environ.get("CI_KIT_RIG_DIR")
    with tempfile.TemporaryDirectory(prefix="b", dir="/tmp") as folder:
        rig = rigs.load(Path(running)) if running else rigs.start(Path(folder, "rig"))
        try:
            return _measure(_prepare(rig, Path(folder)))
        finally:
            if not running:
                rigs.stop(Path(folder, "rig"))


def _measure(bench: _Bench) -> list[str]:
    sides = {"loop": bench.loop(), "cold": bench.ours(warm=False), "warm": bench.ours(warm=True)}
    seconds = interleaved(sides, _ROUNDS)
    loop = seconds["loop"] * _TAGS / _LOOPED
    return [_row(name, seconds[name], loop, aim) for name, aim in (("cold", 20), ("warm", 60))]


def _row(name: str, ours: float, loop: float, aim: int) -> str:
    said = f"images, {_TAGS} tags, {name}"
    other = f"skopeo inspect, {_TAGS} times"
    return f"{said:<28}{ours * 1000:>9.0f} ms   {other:<28}{loop * 1000:>9.0f} ms   1/{loop / ours:<5.0f}(aim: 1/{aim})"


def _prepare(rig: rigs.Rig, folder: Path) -> _Bench:
    image = f"{rig.registry}/{rig.registry_path}/bench-images"
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "CI_KIT_CA": rig.ca,
        "CI_REGISTRY": rig.registry,
        "CI_REGISTRY_USER": "ci-user",
        "CI_REGISTRY_PASSWORD": rig.password("ci-user"),
    }
    certificates = folder / "certificates"
    certificates.mkdir()
    shutil.copy(rig.ca, certificates / "ca.crt")
    with Pusher(image, "ci-user", rig.password("ci-user"), rig.ca, f"{rig.gitlab}/jwt/auth") as pusher:
        said = {"os": "linux", "architecture": "amd64", "created": "2026-01-02T03:04:05Z"}
        parts = {
            "config": pusher.blob(json.dumps(said).encode(), CONFIG),
            "layers": [pusher.blob(bytes(100_000), LAYER)],
        }
        for number in range(_TAGS):
            pusher.tagged(parts, f"t{number}", note=str(number))
    return _Bench(image, environ, certificates, folder / "cache")
