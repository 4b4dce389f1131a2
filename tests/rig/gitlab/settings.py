"""What the stand-in is told when it starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class User:
    """A login for the token service; `grants` is None for a credential without any registry scope."""

    password: str
    grants: Mapping[str, list[str]] | None


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the stand-in finds the registry, and who and what exists."""

    port: int
    url: str
    registry_url: str
    registry_host: str
    storage: str
    signing_key: str
    issuer: str
    wheels: str
    projects: Mapping[str, int]
    own_project: int
    users: Mapping[str, User]
    api_tokens: Mapping[str, str]


def load(path: Path) -> Settings:
    """The settings in the JSON file `path`."""
    values = json.loads(path.read_text())
    users = {name: User(**user) for name, user in values.pop("users").items()}
    return Settings(users=users, **values)
