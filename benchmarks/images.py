"""What `ci-kit images` takes for a thousand tags, beside loops of the commands that tell digest and date of one tag."""

import base64
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.registry_peers import installed
from benchmarks.timing import Side, Work, interleaved, process
from tests import rig as rigs
from tests.pusher import CONFIG, LAYER, Pusher

CI_KIT = Path(sys.executable).parent / "ci-kit"
_TAGS = 1000
_LOOPED = 25  # tags that the loop asks for in a round; its time grows with them in a line
_ROUNDS = 5
# The least that tells digest and date.
_LOOPS = {
    "skopeo": '"$TOOL" inspect --no-tags $OPTIONS "docker://$IMAGE:$tag" || exit',
    "crane": '"$TOOL" digest "$IMAGE:$tag" && "$TOOL" config "$IMAGE:$tag" || exit',
}


@dataclass(frozen=True, slots=True)
class _Bench:
    """A repository with a thousand tags, and who may read it."""

    image: str
    environ: Mapping[str, str]
    tools: Mapping[str, str]
    of_tools: Mapping[str, str]
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

    def loop(self, name: str) -> Side:
        """Return the loop with that program over some of the tags."""
        script = f'for tag in "$@"; do {_LOOPS[name]}; done'

        def prepare(number: int) -> Work:
            tags = [f"t{(number * _LOOPED + place) % _TAGS}" for place in range(_LOOPED)]
            known = {**self.environ, **self.of_tools, "TOOL": self.tools[name], "IMAGE": self.image}
            return lambda: process(["sh", "-c", script, "loop", *tags], known)

        return prepare


def run() -> list[str]:
    """Return the lines of the table; CI_KIT_RIG_DIR names a rig that runs, else one is started and stopped."""
    running = os.environ.get("CI_KIT_RIG_DIR")
    with tempfile.TemporaryDirectory(prefix="b", dir="/tmp") as folder:
        rig = rigs.load(Path(running)) if running else rigs.start(Path(folder, "rig"))
        try:
            return _measure(_prepare(rig, Path(folder)))
        finally:
            if not running:
                rigs.stop(Path(folder, "rig"))


def _measure(bench: _Bench) -> list[str]:
    loops = {name: bench.loop(name) for name in bench.tools}
    if not loops:
        return ["images: not measured, neither skopeo nor crane is installed (apt-get install skopeo)"]
    seconds = interleaved({**loops, "cold": bench.ours(warm=False), "warm": bench.ours(warm=True)}, _ROUNDS)
    whole = {name: seconds[name] * _TAGS / _LOOPED for name in loops}
    best = min(whole, key=lambda name: whole[name])
    return [
        _row(mode, seconds[mode], name, loop, f"(aim: 1/{aim})" if name == best else "")
        for mode, aim in (("cold", 20), ("warm", 60))
        for name, loop in whole.items()
    ]


def _row(mode: str, ours: float, name: str, loop: float, aim: str) -> str:
    said, other = f"images, {_TAGS} tags, {mode}", f"{name}, {_TAGS} times"
    return f"{said:<28}{ours * 1000:>9.0f} ms   {other:<28}{loop * 1000:>9.0f} ms   1/{loop / ours:<5.0f}{aim}"


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
    login = f"ci-user:{rig.password('ci-user')}"
    auths = {rig.registry: {"auth": base64.b64encode(login.encode()).decode()}}
    (folder / "config.json").write_text(json.dumps({"auths": auths}), encoding="utf-8")
    with Pusher(image, "ci-user", rig.password("ci-user"), rig.ca, f"{rig.gitlab}/jwt/auth") as pusher:
        said = {"os": "linux", "architecture": "amd64", "created": "2026-01-02T03:04:05Z"}
        parts = {
            "config": pusher.blob(json.dumps(said).encode(), CONFIG),
            "layers": [pusher.blob(bytes(100_000), LAYER)],
        }
        for number in range(_TAGS):
            pusher.tagged(parts, f"t{number}", note=str(number))
    of_tools = {
        "SSL_CERT_FILE": rig.ca,
        "DOCKER_CONFIG": str(folder),
        "OPTIONS": f"--cert-dir {certificates} --creds {login}",
    }
    return _Bench(image, environ, installed(folder / "apt", tuple(_LOOPS)), of_tools, folder / "cache")
