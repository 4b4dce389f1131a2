"""What the stand-in was told since it started or was reset, and how it is made to misbehave."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field
from typing import Any

MODES = ("ok", "down", "slow", "500")
LOG_LIMIT = 20_000  # requests remembered


@dataclass
class Mode:
    """How the API (not the token service) behaves; `token_seconds` is how long registry tokens live.

    `registry` is the access level of the container registry of every project, as GitLab's API names it.
    """

    api: str = "ok"
    seconds: float = 20
    token_seconds: int = 300
    registry: str = "enabled"


@dataclass
class Memory:
    """Everything written through the API, by kind."""

    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    pipelines: dict[int, dict[str, Any]] = field(default_factory=dict)
    releases: dict[str, dict[str, Any]] = field(default_factory=dict)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    packages: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    trees: dict[str, dict[str, str]] = field(default_factory=dict)  # the files of a commit
    references: dict[tuple[int, str], str] = field(default_factory=dict)  # branches and tags of a project
    git_tags: set[tuple[int, str]] = field(default_factory=set)  # those of `references` that are no branches
    closed_merge_requests: set[int] = field(default_factory=set)
    protection_rules: list[dict[str, Any]] = field(default_factory=list)
    cleanup_policies: dict[int, dict[str, Any]] = field(default_factory=dict)
    repositories: dict[str, int] = field(default_factory=dict)
    mode: Mode = field(default_factory=Mode)
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1001))

    def number(self) -> int:
        """A new number for a record."""
        return next(self.numbers)

    def remember(self, request: dict[str, Any]) -> None:
        """Log one request; the oldest are forgotten."""
        with self.lock:
            self.requests.append(request)
            del self.requests[:-LOG_LIMIT]

    def repository_number(self, name: str) -> int:
        """The number of the repository `name`, the same at every call."""
        with self.lock:
            return self.repositories.setdefault(name, len(self.repositories) + 1)

    def repository_name(self, number: int) -> str:
        """The name of a repository, empty when the number is unknown."""
        with self.lock:
            return next((name for name, known in self.repositories.items() if known == number), "")

    def reset(self) -> None:
        """Forget everything written and behave well again; repositories keep their numbers."""
        with self.lock:
            for kind in (
                self.statuses,
                self.notes,
                self.pipelines,
                self.releases,
                self.deployments,
                self.packages,
                self.trees,
                self.references,
                self.git_tags,
                self.closed_merge_requests,
                self.protection_rules,
                self.cleanup_policies,
            ):
                kind.clear()
            self.requests.clear()
            self.mode = Mode()

    def snapshot(self) -> dict[str, Any]:
        """All of it as JSON values; it holds no secrets."""
        with self.lock:
            return {
                "statuses": self.statuses,
                "notes": self.notes,
                "pipelines": self.pipelines,
                "releases": self.releases,
                "deployments": self.deployments,
                "packages": self.packages,
                "cleanup_policies": self.cleanup_policies,
                "requests": self.requests,
                "mode": self.mode.api,
            }
