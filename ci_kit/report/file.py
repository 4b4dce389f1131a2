"""Writing a file so that a reader sees the old text or the new one, never half."""

import errno
import os
import tempfile
from pathlib import Path

from ci_kit.errors import UsageError


def write(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, through a link if it is one; UsageError when that cannot be done.

    A killed process leaves the old file, and at most a hidden temporary beside it. The mode of the old file is kept.
    What is no file (/dev/null, a pipe) is written to as it is. Bytes that were no UTF-8 when they came in become `?`.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8", errors="replace", newline="\n")
            return
        target = path.resolve()
        if target.is_symlink():  # a loop of links, which Python before 3.13 raises itself
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(mode)
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except (OSError, ValueError, RuntimeError) as error:  # a zero byte in the name; a loop of links
        reason = getattr(error, "strerror", None) or "this is no path"
        raise UsageError(
            f"cannot be written: {reason}", place=str(path), hint="check the folder and its rights"
        ) from error


def _umask() -> int:
    now = os.umask(0o022)
    os.umask(now)
    return now
