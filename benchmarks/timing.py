"""Timing whole processes, turn by turn, so that a noisy minute hits every side alike."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

Work = Callable[[], None]
Side = Callable[[int], Work]  # prepares a round, untimed, and returns what is timed


def interleaved(sides: Mapping[str, Side], rounds: int) -> dict[str, float]:
    """Return the median seconds of each side; a side gets the number of the round, and round 0 only warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        order = list(sides) if number % 2 else list(reversed(sides))
        for name in order:
            work = sides[name](number)
            begin = time.perf_counter()
            work()
            if number:
                seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(values) for name, values in seconds.items()}


def command(words: Sequence[str]) -> Side:
    """Return a side that runs one command without preparation."""
    return lambda number: lambda: process(words)


def process(words: Sequence[str], environ: Mapping[str, str] | None = None, expect: Sequence[int] = (0,)) -> None:
    """Run `words` silently; a wrong exit code ends the benchmark with what it said."""
    done = subprocess.run(list(words), capture_output=True, text=True, env=environ, check=False)
    if done.returncode not in expect:
        sys.exit(f"{words[0]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def row(name: str, ours: float, other: str, theirs: float, aim: str) -> str:
    """Return one line of the table: both medians, the ratio, the aim."""
    return f"{name:<28}{ours * 1000:>9.0f} ms   {other:<28}{theirs * 1000:>9.0f} ms   x {ours / theirs:<6.2f}{aim}"


def budget(name: str, ours: float, limit: float) -> str:
    """Return one line of the table for a figure that has a budget and no peer."""
    verdict = "within" if ours <= limit else "OVER"
    return f"{name:<28}{ours * 1000:>9.0f} ms   budget {limit * 1000:>5.0f} ms: {verdict}"
