"""Mutants of the pipeline files of our tests through the linter: no crash, no hang, no answer that cannot be true.

`python -m benchmarks.fuzz --count 100000` is the long run. What fails is saved, with its number and the reason.
"""

import argparse
import gc
import multiprocessing
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from ci_kit.errors import SourceError
from ci_kit.language.project import Project
from ci_kit.lint import engine
from ci_kit.report import REPORTERS, reporter
from ci_kit.source.reader import decode
from tests.language.mutate import mutant
from tests.language.sound import unsound

_TESTS = Path(__file__).parents[1] / "tests"
_CASES = _TESTS / "language" / "cases"
_MEMORY = 512 * 1024 * 1024  # bytes of address space a worker may have
_SECONDS = 1.0  # of its own processor time that a file may take: neighbours do not count
_DEAD = 10  # seconds after which the kernel ends a worker that no signal reaches
_BATCH = 250  # files between two words to the parent
_PATHS = (".gitlab-ci.yml", ".gitlab-ci.yml", ".gitlab-ci.yml", "templates/a.yml")


class _TooSlow(BaseException):
    """Raised within the linter when its time is over."""


@dataclass
class _Failure:
    number: int
    reason: str
    detail: str = ""


@dataclass
class Result:
    """What a run found: how many files, the failures, the slowest (seconds, number), the highest memory in bytes."""

    count: int = 0
    failures: list[_Failure] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)
    memory: int = 0

    def add(self, count: int, failures: list[_Failure], slowest: tuple[float, int], memory: int) -> None:
        self.count += count
        self.failures += failures
        self.slowest = max(self.slowest, slowest)
        self.memory = max(self.memory, memory)


def texts() -> list[bytes]:
    """Return the files that mutants are made of."""
    folders = (_CASES, _TESTS / "rules", _TESTS / "golden")
    return [path.read_bytes() for folder in folders for path in sorted(folder.rglob("*.yml"))]


def run() -> list[str]:
    """Return the lines of the table of a short run."""
    return lines(fuzz(2000, 0, 2))


def fuzz(count: int, first: int, workers: int) -> Result:
    """Return what `count` mutants gave, from the number `first` on."""
    result = Result()
    share = -(-count // workers)
    parts = [range(first + n * share, min(first + (n + 1) * share, first + count)) for n in range(workers)]
    open_ends = dict(_start(part) for part in parts if part)
    while open_ends:
        for end in wait(list(open_ends)):
            assert isinstance(end, Connection)
            process, current, part = open_ends[end]
            try:
                result.add(*end.recv())
            except EOFError:
                del open_ends[end]
                process.join()
                if process.exitcode:
                    open_ends |= dict(_after(process.exitcode, current.value, part, result))
    result.failures.sort(key=lambda failure: failure.number)
    return result


def _after(code: int, number: int, part: range, result: Result) -> Iterator[tuple[Any, Any]]:
    """Note that a worker died over a file, and yield one that goes on behind it."""
    result.add(1, [_Failure(number, f"the process ended with {code}")], (float(_DEAD), number), 0)
    rest = range(number + 1, part.stop)
    if rest:
        yield _start(rest)


def _start(part: range) -> tuple[Any, Any]:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    current = multiprocessing.Value("q", part.start, lock=False)
    process = multiprocessing.Process(target=_work, args=(part, current, theirs))
    process.start()
    theirs.close()
    return ours, (process, current, part)


def _work(part: range, current: Any, parent: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGPROF, _raise)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    originals = texts()
    gc.disable()  # as the command does
    for begin in range(part.start, part.stop, _BATCH):
        batch = range(begin, min(begin + _BATCH, part.stop))
        failures, slowest = [], (0.0, 0)
        for number in batch:
            current.value = number
            seconds, reason = measured(number, originals)
            slowest = max(slowest, (seconds, number))
            failures += [_Failure(number, *reason)] if reason else []
        gc.collect()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        parent.send((len(batch), failures, slowest, memory))
    parent.close()


def _raise(*_: object) -> None:
    raise _TooSlow


def measured(number: int, originals: Sequence[bytes]) -> tuple[float, tuple[str, str] | None]:
    """Return the processor seconds for one mutant, and why and where it failed, None when it did not."""
    content, reason = mutant(number, originals), None
    signal.alarm(_DEAD * 6)
    signal.setitimer(signal.ITIMER_PROF, _SECONDS)
    begin = time.process_time()
    try:
        wrong = "; ".join(_lint(content, number))
        reason = (wrong, "") if wrong else None
    except _TooSlow:
        reason = (f"slower than {_SECONDS:g} s", traceback.format_exc(-6))
    except BaseException as error:
        reason = (f"{type(error).__name__}: {error}"[:300], traceback.format_exc(-6))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
    return time.process_time() - begin, reason


def _lint(content: bytes, number: int) -> Iterator[str]:
    """Yield what is wrong with the answer to a mutant; every third one includes mutants."""
    path, read = _PATHS[number % len(_PATHS)], dict[str, str]()

    def local(name: str) -> str | None:
        file = (_CASES / name).resolve()
        if not file.is_relative_to(_CASES) or not file.is_file():
            return None
        found = file.read_bytes() if number % 3 else mutant(number, [file.read_bytes()])
        read[name] = decode(found, name)
        return read[name]

    try:
        read[path] = decode(content, path)
        report = engine.lint(read[path], path, Project(local, _files), engine.Options())
    except SourceError:
        return
    yield from unsound(report, read)
    for name in REPORTERS:
        reporter(name)([report], read).encode()


def _files() -> Sequence[str]:
    return [file.relative_to(_CASES).as_posix() for file in _CASES.rglob("*") if file.is_file()]


def lines(result: Result) -> list[str]:
    """Return the figures of a run, and a line for each failure."""
    seconds, number = result.slowest
    return [
        f"{result.count} mutants: {len(result.failures)} failed; "
        f"slowest {seconds * 1000:.0f} ms (number {number}), peak memory {result.memory / 1024 / 1024:.0f} MiB",
        *(f"  {failure.number}: {failure.reason}" for failure in result.failures),
    ]


def _save(result: Result, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    originals = texts()
    for failure in result.failures:
        (folder / f"{failure.number}.yml").write_bytes(mutant(failure.number, originals))
        (folder / f"{failure.number}.txt").write_text(f"{failure.reason}\n{failure.detail}", encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Run, print, save what failed; 1 when anything did."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="mutants (default: 2000)")
    parser.add_argument("--first", type=int, default=0, help="number of the first one (default: 0)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--save", type=Path, default=Path(".fuzz"), help="where failing files go (default: .fuzz)")
    given = parser.parse_args(arguments)
    result = fuzz(given.count, given.first, given.workers)
    print(*lines(result), sep="\n")
    if result.failures:
        _save(result, given.save)
        print(f"saved in {given.save}", file=sys.stderr)
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
