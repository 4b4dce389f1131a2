"""A builder's own program: run with values in its environment, never in its arguments, and its last words kept."""

import os
import re
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from ci_kit.build.tagging.labels import EPOCH
from ci_kit.errors import BuildError
from ci_kit.model.builder import Output
from ci_kit.model.plan import BuildPlan

_LAST_LINES = 30
_EVERYBODYS = re.compile(r"PATH|HOME|TMPDIR|LD_.*|SSL_CERT_.*|XDG_.*")


_at_work: "set[subprocess.Popen[str]]" = set()  # of this process, in whatever thread


class Ended(NamedTuple):
    """A program that ended: its exit code, negative after a signal, and the last lines it printed."""

    code: int
    lines: tuple[str, ...]
    program: str

    @property
    def reason(self) -> str:
        """The last line that says what went wrong, without the program's own prefix."""
        said = [line for line in self.lines if line.strip()]
        wrong = [line for line in said if re.match(r"ERROR|[Ee]rror:", line) or "ERROR:" in line]
        return re.sub(r"\A(ERROR|[Ee]rror): ", "", (wrong or said or [f"{self.program} said nothing"])[-1])


def run(words: Sequence[str], environ: Mapping[str, str], output: Output) -> Ended:
    """Run a program to its end, each line it prints going to `output`; BuildError when it cannot be started.

    What ends us ends it too, with all that it has started in its process group.
    """
    last: deque[str] = deque(maxlen=_LAST_LINES)
    with _started(words, environ) as process:
        _at_work.add(process)
        try:
            for line in process.stdout or ():
                last.append(line.rstrip())
                output(line.rstrip())
        except BaseException:
            _end(process)
            raise
        finally:
            _at_work.discard(process)
    return Ended(process.returncode, tuple(last), _called(words))


def end_all() -> None:
    """End every program that `run` has at work in any thread, with all that it has started in its process group."""
    for process in tuple(_at_work):
        _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def arguments(plan: BuildPlan, own: str, program: str) -> dict[str, str]:
    """Return the build args as variables, with the date of the image as SOURCE_DATE_EPOCH where it is known.

    BuildError for one that as a variable would change `program` itself; `own` is the pattern of the names it reads.
    """
    for name in plan.build_args:
        if _EVERYBODYS.fullmatch(name) or re.fullmatch(own, name):
            raise BuildError(
                f"{plan.name}: the build arg {name} would change {program} itself",
                hint="rename it, or use --builder docker",
            )
    date = {} if plan.epoch is None else {EPOCH: str(plan.epoch)}
    return {**date, **plan.build_args}


def _started(words: Sequence[str], environ: Mapping[str, str]) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=dict(environ),
            process_group=0,
        )
    except (OSError, ValueError) as error:  # ValueError: a zero byte, or a name that cannot be a variable's
        reason = getattr(error, "strerror", None) or str(error)
        raise BuildError(f"{_called(words)} does not start: {reason}", hint="use another --builder") from error


def _called(words: Sequence[str]) -> str:
    """Return how people call a program: with its command, but without options."""
    return " ".join(word for word in words[:2] if not word.startswith("-"))
