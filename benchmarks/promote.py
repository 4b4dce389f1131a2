"""What promoting costs beside crane, oras and skopeo: whole processes, turn by turn; and the memory of 2 GB."""

import base64
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.registry_peers import SID, installed
from benchmarks.timing import Side, interleaved, memory, peak, process, row
from tests import rig as rigs
from tests.pushing import Far
from tests.rig.sweep import sweep

_CI_KIT = Path(sys.executable).parent / "ci-kit"
_LAYERS = (40_000_000,) * 5
_ROUNDS = 5  # with what 2 GB take, it fits into the 10 GB of a rig, which has them back at the end
_LARGE = 2_000_000_000
_MOST = 80 * 1024 * 1024
_SLOWEST = 20_000_000  # bytes in a second
_AIMS = {"crane": "(aim: <= 1.0)", "oras": "", "skopeo": "(aim: <= 0.4 across repositories)"}

Words = Callable[[str, str], Sequence[str]]  # source, destination -> the command


@dataclass(frozen=True, slots=True)
class _Bench:
    """Registries, what the peers need to talk to them, and a name that no other run has."""

    near: Far
    flat: Far
    environ: Mapping[str, str]
    certificates: Path
    tools: Mapping[str, str]
    stamp: str

    def side(self, words: Words, target: str) -> Side:
        """Return a side whose every round has an image that no tool has seen, and a destination of its own.

        skopeo remembers where it has seen a layer, and would mount it from there.
        """
        return lambda number: lambda: self._run(words(self._source(number), target.format(number)))

    def _run(self, words: Sequence[str]) -> None:
        trust = {} if words[0] == str(_CI_KIT) else {"SSL_CERT_FILE": self.environ["CI_KIT_CA"]}  # Go knows no other
        process(words, {**self.environ, **trust})

    def _source(self, number: int) -> str:
        return f"{self.near.name}:{number}"

    def copies(self) -> dict[str, Words]:
        """Return how each tool copies."""
        trust = ["--src-cert-dir", str(self.certificates), "--dest-cert-dir", str(self.certificates)]
        known: dict[str, Words] = {
            "crane": lambda source, to: [self.tools["crane"], "copy", source, to],
            "oras": lambda source, to: [self.tools["oras"], "cp", source, to],
            "skopeo": lambda source, to: [self.tools["skopeo"], "copy", *trust, f"docker://{source}", f"docker://{to}"],
        }
        return {"ours": _ours, **{name: known[name] for name in self.tools}}

    def tags(self) -> dict[str, Words]:
        """Return how each tool sets a tag beside the source."""

        def tag(name: str) -> Words:
            return lambda source, to: [self.tools[name], "tag", source, to.rpartition(":")[2]]

        return {**self.copies(), **{name: tag(name) for name in self.tools if name in SID}}


def _ours(source: str, to: str) -> Sequence[str]:
    return [str(_CI_KIT), "promote", source, to]


def run() -> list[str]:
    """Return the lines of the table; uses the rig in CI_KIT_RIG_DIR, else one of its own."""
    with tempfile.TemporaryDirectory(prefix="b", dir="/tmp") as folder, _rig(Path(folder, "rig")) as rig:
        bench = _prepare(rig, Path(folder))
        for number in range(_ROUNDS + 1):
            bench.near.image(str(number), *_LAYERS)
        across = f"{bench.near.registry}/other/project/{bench.stamp}-"
        lines = _compare(bench, "200 MB, other registry", bench.copies(), f"{bench.flat.name}-{{tool}}-{{{{}}}}:1")
        lines += _compare(bench, "200 MB, other project", bench.copies(), across + "{tool}-{{}}:1")
        lines += _compare(bench, "tag beside it", bench.tags(), f"{bench.near.name}:{{tool}}-{{{{}}}}")
        lines += _large(bench)
        sweep(rig, bench.stamp)
        return lines


def _compare(bench: _Bench, name: str, sides: Mapping[str, Words], target: str) -> list[str]:
    prepared = {tool: bench.side(words, target.format(tool=tool)) for tool, words in sides.items()}
    medians = interleaved(prepared, _ROUNDS)
    return [
        row(f"promote, {name}", medians["ours"], tool, seconds, _AIMS[tool])
        for tool, seconds in medians.items()
        if tool != "ours"
    ] + [f"promote, {name}: no {tool} on this machine" for tool in _AIMS if tool not in sides]


def _large(bench: _Bench) -> list[str]:
    """Return the peak and the speed with one layer of 2 GB, streamed to another registry."""
    bench.near.image("large", _LARGE)
    environ = {**os.environ, **bench.environ}
    words = ["env", *(f"{key}={environ[key]}" for key in bench.environ)]
    begin = time.perf_counter()
    found = peak([*words, *_ours(f"{bench.near.name}:large", f"{bench.flat.name}:large")])
    speed = _LARGE / (time.perf_counter() - begin)
    verdict = "within" if speed >= _SLOWEST else "OVER"
    return [
        memory("promote, layer of 2 GB", found, _MOST),
        f"{'promote, layer of 2 GB':<28}{speed / 1e6:>7.0f} MB/s   budget {_SLOWEST / 1e6:>3.0f} MB/s: {verdict}",
    ]


@contextmanager
def _rig(folder: Path) -> Iterator[rigs.Rig]:
    running = os.environ.get("CI_KIT_RIG_DIR")
    if running:
        yield rigs.load(Path(running))
        return
    try:
        yield rigs.start(folder)
    finally:
        rigs.stop(folder)


def _prepare(rig: rigs.Rig, folder: Path) -> _Bench:
    logins = {rig.registry: "ci-user", rig.flat_registry: "flat"}
    passwords = {host: rig.users[user]["password"] for host, user in logins.items()}
    auths = {host: base64.b64encode(f"{user}:{passwords[host]}".encode()).decode() for host, user in logins.items()}
    config, certificates = folder / "config", folder / "certificates"
    for each in (config, certificates):
        each.mkdir(mode=0o700)
    (config / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth} for host, auth in auths.items()}}))
    shutil.copy(rig.ca, certificates / "ca.crt")
    stamp = f"bench-{int(time.time())}"
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DOCKER_CONFIG": str(config),
        "CI_KIT_CA": str(rig.ca),
    }
    return _Bench(
        Far(
            rig.registry,
            f"group/project/{stamp}",
            Path(rig.ca),
            "ci-user",
            passwords[rig.registry],
            f"{rig.gitlab}/jwt/auth",
        ),
        Far(rig.flat_registry, stamp, Path(rig.ca), "flat", passwords[rig.flat_registry]),
        environ,
        certificates,
        installed(folder / "apt", tuple(_AIMS)),
        stamp,
    )


if __name__ == "__main__":
    print(*run(), sep="\n")
