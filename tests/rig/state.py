"""What a rig wrote down about itself in its folder, so that `down` finds it even after a crash of `up`."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.rig.process import RigError

# Everything a rig makes in its folder; `clear` removes these and nothing else.
OWN_NAMES = (
    "bin",
    "ca.crt",
    "capfit",
    "certs.d",
    "config",
    "data",
    "docker-config",
    "dockerd.log",
    "dockerd.pid",
    "docker.sock",
    "launcher.pid",
    "rig.json",
    ".rig.json",
    "runs",
    "wheels",
)
STATE_FILE = "state.json"
STOPPING_FILE = "stopping"  # tells a launcher that is still on its way not to start anything
SOCKET_LIMIT = 107  # bytes in the path of a Unix socket; source: unix(7)


@dataclass(frozen=True, slots=True)
class State:
    """What `down` must know: the name parts of everything outside the folder, and which kind of rig it is."""

    identity: str
    mode: str
    docker_host: str
    docker: str


def new(folder: Path, docker_host: str, *, docker: str) -> State:
    """The state of a new rig in `folder`, saved before anything else is made; no Docker host means root mode.

    Raises:
        RigError: a rig is already there, or the path is too long for a socket or hidden from the private daemon.
    """
    check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    state = State(
        identity=secrets.token_hex(3),
        mode="user" if docker_host else "root",
        docker_host=docker_host or f"unix://{folder}/docker.sock",
        docker=docker,
    )
    unfinished = folder / f".{STATE_FILE}-{state.identity}"
    unfinished.write_text(json.dumps(asdict(state)))
    try:
        (folder / STATE_FILE).hardlink_to(unfinished)  # whole or not at all, and only where none is
    except FileExistsError:
        raise RigError(f"{folder}: a rig is already here; run `python -m tests.rig down --dir {folder}`") from None
    finally:
        unfinished.unlink()
    (folder / "wheels").mkdir(exist_ok=True)
    return state


def check_folder(folder: Path) -> None:
    """Raise RigError when a rig cannot live in `folder`."""
    if len(os.fsencode(folder / "docker.sock")) > SOCKET_LIMIT or " " in str(folder) or ":" in str(folder):
        raise RigError(f"{folder}: too long for a socket, or with a space or colon; choose a short path under /tmp")
    if folder.parts[1:2] in (("usr",), ("etc",), ("run",)):
        raise RigError(f"{folder}: the private daemon has its own /usr, /etc and /run; choose a path under /tmp")


def load(folder: Path) -> State | None:
    """The state saved in `folder`, or None when no rig is there."""
    try:
        return State(**json.loads((folder / STATE_FILE).read_text()))
    except (FileNotFoundError, NotADirectoryError):
        return None


def clear(folder: Path) -> None:
    """Remove what a rig made in `folder`, the state last but one, and the folder when nothing else is in it."""
    for name in (*OWN_NAMES, STATE_FILE, STOPPING_FILE):
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
