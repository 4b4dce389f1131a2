"""How long `ci-kit lint` takes for 20 lines, 100, 1 000 and 10 000 jobs, beside the peers on the same files."""

import math
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks import peers, pipelines
from benchmarks.timing import Side, budget, command, interleaved, memory, peak
from tests.rig import runner

_OURS = str(Path(sys.executable).parent / "ci-kit")
_SIZES = (100, 1_000, 10_000)
_ROUNDS = {1: 15, 100: 9, 1_000: 5, 10_000: 3}
_SECONDS = {1: 0.060, 1_000: 0.3, 10_000: 1.5}  # budgets
_PEAK = 150 * 1024 * 1024
_LIMIT = 60.0  # seconds that a peer gets for one file
_GROWTH = 13  # times the work for ten times the jobs: the start-up is in both, and nothing is quadratic


class _Figures(NamedTuple):
    """The median seconds of a side, infinite where it gave up, and its most memory in bytes, 0 if unknown."""

    seconds: float
    peak: int


def run() -> list[str]:
    """Return the lines of the table; installs the peers into a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="lint-", dir="/tmp") as folder:
        return list(_lines(Path(folder)))


def _lines(folder: Path) -> Iterator[str]:
    others = peers.installed(folder / "peers")
    small = _measured(folder / "small", {pipelines.ROOT: pipelines.SMALL}, 1, others)
    yield from _rows("20 lines", 1, small)
    for variant, made in pipelines.VARIANTS.items():
        found = {}
        for jobs in _SIZES if variant == "mixed" else _SIZES[1:]:
            # Only the mixed file goes to the peers: the others show whether our phases stay linear.
            found[jobs] = _measured(
                folder / f"{variant}-{jobs}", made(jobs), jobs, others if variant == "mixed" else []
            )
            yield from _rows(f"{jobs} jobs, {variant}", jobs, found[jobs])
        yield _growth(variant, {jobs: figures["ci-kit"] for jobs, figures in found.items()})


def _measured(folder: Path, files: Mapping[str, str], jobs: int, others: list[peers.Peer]) -> dict[str, _Figures]:
    """Return the figures of ours and of the others in one run, turn by turn."""
    runner.git_project(folder, files)
    words = {"ci-kit": [_OURS, "lint", pipelines.ROOT]}
    words |= {peer.name: peer.words(pipelines.ROOT) for peer in others}
    sides: dict[str, Side] = {
        name: command(said, expect=(0, 1), folder=folder, limit=_LIMIT) for name, said in words.items()
    }
    medians = interleaved(sides, _ROUNDS[jobs])
    return {
        name: _Figures(seconds, 0 if math.isinf(seconds) else peak(words[name], folder))
        for name, seconds in medians.items()
    }


def _rows(name: str, jobs: int, found: Mapping[str, _Figures]) -> Iterator[str]:
    ours = found["ci-kit"]
    if jobs in _SECONDS:
        yield budget(name, ours.seconds, _SECONDS[jobs])
    if jobs == max(_SIZES):
        yield memory(f"{name}, peak", ours.peak, _PEAK)
    for side, figures in found.items():
        yield f"    {side:<20}{_shown(figures.seconds)}   x {figures.seconds / ours.seconds:<8.1f}{_mib(figures.peak)}"


def _shown(seconds: float) -> str:
    return f"> {_LIMIT * 1000:>8.0f} ms" if math.isinf(seconds) else f"{seconds * 1000:>10.0f} ms"


def _mib(peak: int) -> str:
    return f"peak {peak / 1024 / 1024:>5.0f} MiB" if peak else ""


def _growth(variant: str, found: Mapping[int, _Figures]) -> str:
    times = found[10_000].seconds / found[1_000].seconds
    verdict = "linear" if times <= _GROWTH else "NOT LINEAR"
    return f"{variant}: 10 000 jobs take {times:.1f} times what 1 000 take: {verdict}"
