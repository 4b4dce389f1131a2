"""Logins in docker's config.json: added and removed, with everything else in it kept.

Source: docker docs "docker login", "Credential stores" and "Credential helpers".
"""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ci_kit.errors import UsageError
from ci_kit.registry import credential_helper
from ci_kit.registry.auth import Credentials
from ci_kit.registry.credentials import docker_key, is_spelling, load_config

_PATIENCE = 30.0  # seconds for others who write the same file
_PAUSE = 0.01
_TEMPORARY = ".config.json.ci-kit-"
_HINT = "name a folder of your own with --config or DOCKER_CONFIG"


def add(folder: Path, registry: str, login: Credentials, environ: Mapping[str, str]) -> str:
    """Keep `login` for `registry` and return where: the file, or the program of the credential helper in charge.

    UsageError when the file is not docker's, cannot be written, or the helper does not work; it is as before then.
    """
    file, key = folder / "config.json", docker_key(registry)
    helper = credential_helper.of_config(_document(folder), key, str(file))
    if helper:
        helper.store(key, login, environ)
    entry = {} if helper else login.entry()
    _change(folder, lambda auths: {**auths, key: entry})
    return helper.program if helper else str(file)


def remove(folder: Path, registry: str, environ: Mapping[str, str]) -> bool:
    """Forget `registry`, in the helper in charge too; return whether the file knew it. UsageError as for `add`."""
    config, key = _document(folder), docker_key(registry)
    helper = credential_helper.of_config(config, key, str(folder / "config.json"))
    if helper:
        helper.erase(key, environ)
    known = [name for name in _auths(config, folder) if is_spelling(name, registry)]
    if folder.is_dir():
        _change(folder, lambda auths: {name: auths[name] for name in auths if name not in known} if known else auths)
    return bool(known)


def write(file: Path, config: Mapping[str, object]) -> None:
    """Replace `file`, or what it links to, by `config` in one step, for its owner only; OSError if it cannot be."""
    target = file.resolve()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=_TEMPORARY, dir=target.parent)  # 0600 from the first moment
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as text:
            json.dump(config, text, indent="\t")
            text.flush()
            os.fsync(text.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _change(folder: Path, change: Callable[[dict[str, object]], dict[str, object]]) -> None:
    """Give `auths` as it is now to `change`, and keep what comes back if it is another map.

    What a killed login left behind is removed, where the lock proves that nobody is at it.
    """
    file = folder / "config.json"
    try:
        inside = file.resolve().parent
        with _locked(inside) as alone:
            for left in inside.glob(f"{_TEMPORARY}*") if alone else ():
                left.unlink(missing_ok=True)
            config = _document(folder)
            before = _auths(config, folder)
            after = change(before)
            if after is not before:
                write(file, {**config, "auths": after})
    except (OSError, RuntimeError, RecursionError) as error:  # RuntimeError: a loop of links
        reason = getattr(error, "strerror", None) or "this is no path"
        raise UsageError(f"cannot be written: {reason}", place=str(file), hint=_HINT) from error


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Keep other logins out, and yield whether that is so: some network disks have no locks.

    The lock is the folder's own and leaves no file.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield _wait_for(descriptor, folder)
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, folder: Path) -> bool:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(_PAUSE)
        except OSError:
            return False
    raise UsageError("is locked by another login", place=str(folder), hint="end it, then try again")


def _document(folder: Path) -> dict[str, object]:
    """Return config.json; UsageError for what docker would not read either, so that it is never written over."""
    config = load_config(folder)
    if not isinstance(config, dict):
        raise UsageError("is no map", place=str(folder / "config.json"), hint="repair or remove it")
    _auths(config, folder)
    return config


def _auths(config: Mapping[str, object], folder: Path) -> dict[str, object]:
    auths = config.get("auths")
    if auths is None or isinstance(auths, dict):
        return auths or {}
    raise UsageError("auths is no map", place=str(folder / "config.json"), hint="repair or remove it")
