"""Run a command and keep what it said: the one way this package starts programs on the host."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1  # source: prctl(2)
TAIL = 600  # characters of a failed command's output that an error repeats


class RigError(Exception):
    """The rig cannot start or stop: one line with the place, what went wrong and what to do next."""


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends, so that a killed `up` leaves no helpers running."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    timeout: float = 600,
) -> str:
    """Standard output of the command `argv`, which ends with this process at the latest.

    Raises:
        RigError: the command is missing, failed or took longer than `timeout` seconds; nothing is cleaned up.
    """
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(environ or {})},
            input=stdin if stdin is not None else b"",
            capture_output=True,
            timeout=timeout,
            preexec_fn=die_with_parent,
            check=False,
        )
    except FileNotFoundError as missing:
        raise RigError(f"{words[0]}: command not found; install the Debian package that carries it") from missing
    except subprocess.TimeoutExpired as late:
        raise RigError(f"{words[0]}: still running after {timeout:.0f} s, stopped") from late
    if done.returncode:
        said = " ".join((done.stderr + done.stdout).decode(errors="replace").split())[-TAIL:]
        raise RigError(f"{words[0]} {words[1] if len(words) > 1 else ''}: exit code {done.returncode}: {said}")
    return done.stdout.decode(errors="replace")
