"""What a route gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body (JSON unless bytes) and headers of a response."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A request that ends here, with the answer GitLab would give."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.answer = Answer(status, body)


def not_found(what: str) -> Refused:
    """GitLab's 404 for a thing that is not there or that the caller may not see."""
    return Refused(404, {"message": f"404 {what} Not Found"})
