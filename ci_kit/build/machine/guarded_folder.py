"""A private folder that does not outlive this process, however it ends: SIGKILL and a crash of Python included.

A guardian of its own session waits at the other end of a pipe. When we are gone, the kernel closes our end, and it ends
the programs that we had started with this folder as their DOCKER_CONFIG, and removes the folder. Where there is no
/bin/sh the folder is removed by us alone.
"""

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

# A line says that all is done; the end of the pipe without one, that we are gone. It is looked twice: a program may be
# starting another one, or making the folder anew.
_GUARDIAN = """trap "" HUP INT TERM
read -r done && exit
clean() {
  for environ in /proc/[0-9]*/environ; do
    if grep -qsF "DOCKER_CONFIG=$1" "$environ"; then
      process=${environ%/environ}; kill -9 "${process#/proc/}"
    fi
  done
  rm -rf -- "$1"
}
clean "$1"; sleep 1; clean "$1"
"""
_SECONDS = 5.0


@contextmanager
def guarded_folder(prefix: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield an empty folder, 0700, below the folder for temporary files; it is gone when the block or we end."""
    folder = Path(tempfile.gettempdir(), f"{prefix}{secrets.token_hex(8)}")
    guardian = _guardian(folder, environ)  # before the folder, so that no moment is without it
    try:
        folder.mkdir(0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if guardian:
            _dismiss(guardian)


def _guardian(folder: Path, environ: Mapping[str, str]) -> "subprocess.Popen[bytes] | None":
    with suppress(OSError):
        return subprocess.Popen(
            ["/bin/sh", "-c", _GUARDIAN, "ci-kit-guardian", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": environ.get("PATH") or "/usr/bin:/bin"},
            start_new_session=True,  # what ends our group does not end it
        )
    return None


def _dismiss(guardian: "subprocess.Popen[bytes]") -> None:
    with suppress(OSError, subprocess.TimeoutExpired):
        guardian.communicate(b"done\n", timeout=_SECONDS)
