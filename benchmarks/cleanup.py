"""What `ci-kit cleanup` takes to delete two hundred tags, beside a loop of `skopeo delete`.

On GitLab's registry, where we delete tags and skopeo digests, and on a standalone one, where both delete digests.
Each tag has a digest of its own.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.images import CI_KIT
from benchmarks.timing import Side, Work, interleaved, process
from tests import rig as rigs
from tests.pusher import CONFIG, LAYER, Pusher

_TAGS = 200
_LOOPED = 25  # tags that the loop deletes in a round; its time grows with them in a line
_ROUNDS = 5
_AIM = 14
_RULES = ("--match", "t[0-9]+", "--live", "none")
_CREATED = "2020-01-02T03:04:05Z"


@dataclass(frozen=True, slots=True)
class _Bench:
    """A repository that is filled again before each round, and who may empty it."""

    name: str
    image: str
    pusher: Callable[[], Pusher]
    environ: Mapping[str, str]
    folder: Path

    def fill(self, number: int) -> None:
        """Put all tags; the number of the round makes other digests of them."""
        said = {"os": "linux", "architecture": "amd64", "created": _CREATED}
        with self.pusher() as pusher:
            parts = {
                "config": pusher.blob(json.dumps(said).encode(), CONFIG),
                "layers": [pusher.blob(bytes(100_000), LAYER)],
            }
            for tag in range(_TAGS):
                pusher.tagged(parts, f"t{tag}", note=f"{number} {tag}")

    def run(self, *arguments: str) -> None:
        process([str(CI_KIT), "cleanup", *arguments, "--cache", str(self.folder / "cache")], self.environ)

    def planned(self) -> Side:
        """Return the carrying out of a plan that is there."""

        def prepare(number: int) -> Work:
            self.fill(number)
            plan = str(self.folder / "plan.json")
            self.run(self.image, *_RULES, "--plan", plan)
            return lambda: self.run("--apply", plan)

        return prepare

    def at_once(self) -> Side:
        """Return planning and deletion in one, with nothing known before."""

        def prepare(number: int) -> Work:
            self.fill(1000 + number)
            shutil.rmtree(self.folder / "cache", ignore_errors=True)
            return lambda: self.run(self.image, *_RULES, "--yes")

        return prepare

    def loop(self) -> Side:
        """Return the loop over some of the tags."""
        user = f"{self.environ['CI_REGISTRY_USER']}:{self.environ['CI_REGISTRY_PASSWORD']}"
        options = f"--cert-dir {self.folder}/certificates --creds {user}"
        script = 'for tag in "$@"; do skopeo delete $OPTIONS "docker://$IMAGE:$tag" || exit; done'

        def prepare(number: int) -> Work:
            self.fill(2000 + number)
            known = {**self.environ, "OPTIONS": options, "IMAGE": self.image}
            return lambda: process(["sh", "-c", script, "loop", *(f"t{tag}" for tag in range(_LOOPED))], known)

        return prepare


def run() -> Sequence[str]:
    """Return the lines of the table; CI_KIT_RIG_DIR names a rig that runs, else one is started and stopped."""
    if not shutil.which("skopeo"):
        return ["cleanup: not measured, skopeo is not installed (apt-get install skopeo)"]
    running = os.environ.get("CI_KIT_RIG_DIR")
    with tempfile.TemporaryDirectory(prefix="b", dir="/tmp") as folder:
        rig = rigs.load(Path(running)) if running else rigs.start(Path(folder, "rig"))
        try:
            return [line for bench in _benches(rig, Path(folder)) for line in _measure(bench)]
        finally:
            if not running:
                rigs.stop(Path(folder, "rig"))


def _measure(bench: _Bench) -> list[str]:
    sides = {"loop": bench.loop(), "a plan": bench.planned(), "planned at once": bench.at_once()}
    seconds = interleaved(sides, _ROUNDS)
    loop = seconds["loop"] * _TAGS / _LOOPED
    return [_row(f"{bench.name}, {name}", seconds[name], loop) for name in ("a plan", "planned at once")]


def _row(said: str, ours: float, loop: float) -> str:
    other = f"skopeo delete, {_TAGS} times"
    return (
        f"{said:<28}{ours * 1000:>9.0f} ms   {other:<28}{loop * 1000:>9.0f} ms   1/{loop / ours:<5.0f}(aim: 1/{_AIM})"
    )


def _benches(rig: rigs.Rig, folder: Path) -> list[_Bench]:
    certificates = folder / "certificates"
    certificates.mkdir()
    shutil.copy(rig.ca, certificates / "ca.crt")
    gitlab = f"{rig.registry}/{rig.registry_path}/bench-cleanup"
    return [
        _bench("GitLab", gitlab, "ci-user", rig, f"{rig.gitlab}/jwt/auth", folder),
        _bench("standalone", f"{rig.flat_registry}/bench-cleanup", "flat", rig, "", folder),
    ]


def _bench(name: str, image: str, user: str, rig: rigs.Rig, realm: str, folder: Path) -> _Bench:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "CI_KIT_CA": rig.ca,
        "CI_REGISTRY": image.partition("/")[0],
        "CI_REGISTRY_USER": user,
        "CI_REGISTRY_PASSWORD": rig.password(user),
    }
    return _Bench(name, image, lambda: Pusher(image, user, rig.password(user), rig.ca, realm), environ, folder)
