"""What a terminal shows: as much of one as our progress asks for, and a program that runs in a real pseudo-terminal."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

_PARTS = re.compile(r"\x1b\[(\d*)([A-Za-z])|\r\n|\n|\r|[^\x1b\r\n]+")


def shown(text: str) -> list[str]:
    """Return the lines that a terminal shows in the end, those that were scrolled away among them."""
    lines, row, column = [""], 0, 0
    for part in _PARTS.finditer(text):
        if part[2] == "F":
            row, column = max(row - int(part[1] or 1), 0), 0
        elif part[2] == "J":
            lines = [*lines[:row], lines[row][:column]]
        elif part[2] in ("m", "K"):
            continue
        elif part[2]:
            raise AssertionError(f"a terminal was asked for {part[0]!r}")
        elif part[0] == "\r":
            column = 0
        elif part[0].endswith("\n"):
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        else:
            lines[row] = lines[row][:column].ljust(column) + part[0] + lines[row][column + len(part[0]) :]
            column += len(part[0])
    return lines[:-1] if lines[-1] == "" else lines


def in_terminal(
    words: Sequence[str], environ: Mapping[str, str], folder: Path, *, columns: int = 80
) -> tuple[int, str, str]:
    """Run a program whose stderr is a terminal; return its exit code, its stdout, and what the terminal got."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(words, env=dict(environ), cwd=folder, stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.close(theirs)
    got = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        got += piece
    os.close(ours)
    said, _ = process.communicate()
    return process.returncode, said, got.decode()
