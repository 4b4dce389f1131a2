"""Mounts that a program has left below a folder, so that the folder can be removed."""

import ctypes
import os
import re
from pathlib import Path

_DETACH = 2  # MNT_DETACH, linux/fs.h
_TABLE = Path("/proc/self/mountinfo")


def undo(folder: Path) -> None:
    """Detach all that is mounted below `folder`; what we may not detach stays."""
    for point in below(folder):
        ctypes.CDLL(None).umount2(os.fsencode(point), _DETACH)


def below(folder: Path) -> list[str]:
    """Return where something is mounted on `folder` or below it, what was mounted last first."""
    try:
        lines = _TABLE.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []
    points = [_unescaped(line.split()[4]) for line in lines]
    return [point for point in reversed(points) if Path(point).is_relative_to(folder.resolve())]


def _unescaped(text: str) -> str:
    """Return a path of the table, in which spaces and the like are octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
