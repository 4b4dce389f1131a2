"""Whether there is room on the disks where a job works."""

import os
from pathlib import Path

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good

_LEAST = 64 * 1024 * 1024  # bytes
_PLACES = ("CI_PROJECT_DIR", "TMPDIR", "DOCKER_CONFIG", "HOME")


def check(case: Case) -> Result:
    """Return the least room that is left, bytes or files, where files of a job are written."""
    named = [Path(case.environ[name]) for name in _PLACES if case.environ.get(name)]
    left = {path: _left(path) for path in (*named, Path.cwd(), Path("/tmp")) if path.is_dir()}
    path, (room, files) = min(left.items(), key=lambda item: (item[1][1] > 0, item[1][0]))
    if room < _LEAST or files == 0:
        what = f"{room / 1e6:.0f} MB are left" if files else "no more files can be made"
        return bad("machine-disk-full", f"{path}: {what}", goes_on=True)
    return good(f"{room / 1e9:.1f} GB or more are left")


def _left(path: Path) -> tuple[int, int]:
    """Return the bytes and the files that are left; a file system without a limit of files has one left."""
    try:
        said = os.statvfs(path)
    except OSError:
        return _LEAST, 1
    return said.f_bavail * said.f_frsize, said.f_favail if said.f_files else 1
