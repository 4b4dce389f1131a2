"""What a running rig offers: the one JSON object that `up` prints, as a value."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.rig.process import RigError

FILE = "rig.json"


@dataclass(frozen=True, slots=True)
class Rig:
    """Addresses, files, users and tokens of a running rig.

    `registry`, `flat_registry`, `mirror` and `faults` are `address:port`; `gitlab` is a URL; `ca`, `certs_d`, `wheels`,
    `docker`, `cli_plugins` and `runner` are paths on this machine.
    """

    directory: str
    host_mode: str
    docker_host: str
    docker: str
    cli_plugins: str
    network: str
    address: str
    registry: str
    registry_path: str
    project_id: int
    projects: dict[str, int]
    flat_registry: str
    gitlab: str
    ca: str
    certs_d: str
    users: dict[str, dict[str, str]]
    api_tokens: dict[str, str]
    images: list[str]
    faults: dict[str, str]
    mirror: str
    runner: dict[str, str]
    wheels: str

    def json(self) -> str:
        """This rig as one JSON object; it holds the passwords."""
        return json.dumps(asdict(self), indent=1)

    def password(self, user: str) -> str:
        """The password of `user`."""
        return self.users[user]["password"]


def save(rig: Rig) -> None:
    """Write rig.json into the rig's folder, readable by this user alone; it appears whole."""
    folder = Path(rig.directory)
    unfinished = folder / f".{FILE}"
    unfinished.touch(0o600)
    unfinished.write_text(rig.json() + "\n")
    unfinished.replace(folder / FILE)


def load(folder: Path) -> Rig:
    """The rig running in `folder`.

    Raises:
        RigError: none is, or its `up` has not finished.
    """
    try:
        return Rig(**json.loads((folder / FILE).read_text()))
    except FileNotFoundError:
        raise RigError(f"{folder}: no rig is up here; run `python -m tests.rig up --dir {folder}`") from None
