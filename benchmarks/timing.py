"""Timing whole processes, turn by turn, so that a noisy minute hits every side alike."""

import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

Work = Callable[[], None]
Side = Callable[[int], Work]  # prepares a round, untimed, and returns what is timed
_MIB = 1024 * 1024
# An installed program has its bytecode: the first round writes it.
_ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
# A process begins with the memory of the one that starts it, so a small one has to be between.
_PEAK = "import resource as r, subprocess as s, sys; s.run(sys.argv[1:], stdout=s.DEVNULL, stderr=s.DEVNULL)"
_PEAK += "; print(r.getrusage(r.RUSAGE_CHILDREN).ru_maxrss)"


class GaveUp(Exception):
    """A process took longer than it was given."""


def interleaved(sides: Mapping[str, Side], rounds: int) -> dict[str, float]:
    """Return the median seconds of each side; a side gets the number of the round, and round 0 only warms up.

    A side that gives up once is not asked again: its seconds are infinite.
    """
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        order = list(sides) if number % 2 else list(reversed(sides))
        for name in order:
            if math.inf in seconds[name]:
                continue
            work = sides[name](number)
            begin = time.perf_counter()
            try:
                work()
            except GaveUp:
                seconds[name] = [math.inf]
            else:
                seconds[name] += [time.perf_counter() - begin] if number else []
    return {name: statistics.median(values) for name, values in seconds.items()}


def command(
    words: Sequence[str], *, expect: Sequence[int] = (0,), folder: Path | None = None, limit: float | None = None
) -> Side:
    """Return a side that runs one command without preparation; the options are those of `process`."""
    return lambda number: lambda: process(words, expect=expect, folder=folder, limit=limit)


def process(
    words: Sequence[str],
    environ: Mapping[str, str] | None = None,
    expect: Sequence[int] = (0,),
    *,
    folder: Path | None = None,
    limit: float | None = None,
) -> None:
    """Run `words` silently; a wrong exit code ends the benchmark with what it said.

    Raises:
        GaveUp: it took longer than `limit` seconds, and was ended.
    """
    env = _ENVIRON if environ is None else environ
    try:
        done = subprocess.run(
            list(words), capture_output=True, text=True, env=env, cwd=folder, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise GaveUp from late
    if done.returncode not in expect:
        sys.exit(f"{words[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def peak(words: Sequence[str], folder: Path | None = None) -> int:
    """Return the most memory in bytes that one run of `words` has."""
    asked = [sys.executable, "-S", "-c", _PEAK, *words]
    done = subprocess.run(asked, capture_output=True, text=True, cwd=folder, env=_ENVIRON, check=True)
    return int(done.stdout) * 1024


def row(name: str, ours: float, other: str, theirs: float, aim: str) -> str:
    """Return one line of the table: both medians, the ratio, the aim."""
    return f"{name:<28}{ours * 1000:>9.0f} ms   {other:<28}{theirs * 1000:>9.0f} ms   x {ours / theirs:<6.2f}{aim}"


def budget(name: str, ours: float, limit: float) -> str:
    """Return one line of the table for a figure that has a budget and no peer."""
    verdict = "within" if ours <= limit else "OVER"
    return f"{name:<28}{ours * 1000:>9.0f} ms   budget {limit * 1000:>5.0f} ms: {verdict}"


def memory(name: str, ours: int, limit: int) -> str:
    """Return one line of the table for a peak of memory, in MiB, that has a budget."""
    verdict = "within" if ours <= limit else "OVER"
    return f"{name:<28}{ours / _MIB:>8.0f} MiB   budget {limit / _MIB:>4.0f} MiB: {verdict}"
