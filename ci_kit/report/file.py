"""Writing a file so that a reader sees the old text or the new one, never half."""

import errno
import os
import secrets
from pathlib import Path

from ci_kit.errors import UsageError


def write(path: Path, text: str, *, is_lasting: bool = True) -> None:
    """Replace `path` by `text` in one step, through a link if it is one; UsageError when that cannot be done.

    A killed process leaves the old file and no half of a new one. The mode of the old file is kept.
    Without `is_lasting` a machine that goes down may lose the text: that is not waited for.
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
        temporary = target.parent / f".{target.name}.{secrets.token_hex(4)}"
        try:
            _write_new(temporary, text.encode("utf-8", "replace"), mode, is_lasting)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except (OSError, ValueError, RuntimeError) as error:  # a zero byte in the name; a loop of links
        reason = getattr(error, "strerror", None) or "this is no path"
        raise UsageError(
            f"cannot be written: {reason}", place=str(path), hint="check the folder and its rights"
        ) from error


def _write_new(path: Path, content: bytes, mode: int, is_lasting: bool) -> None:
    """Write a new file that has no name before it is whole, where the file system knows such files (open(2))."""
    try:
        descriptor = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, mode)
        _fill(descriptor, content, mode, is_lasting, path)
    except (OSError, AttributeError):  # AttributeError: not on Linux
        _fill(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), content, mode, is_lasting)


def _fill(descriptor: int, content: bytes, mode: int, is_lasting: bool, name: Path | None = None) -> None:
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        if is_lasting:
            os.fsync(file.fileno())
        if name:
            _give_name(file.fileno(), name)


def _give_name(descriptor: int, path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:  # only with a folder's descriptor does Python follow the link to the file
        os.link(f"/proc/self/fd/{descriptor}", path.name, dst_dir_fd=folder)
    finally:
        os.close(folder)


def _umask() -> int:
    now = os.umask(0o022)
    os.umask(now)
    return now
