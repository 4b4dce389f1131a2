"""One request to the API, as the routes see it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from tests.rig.gitlab.answer import Answer, Refused
from tests.rig.gitlab.memory import Memory
from tests.rig.gitlab.registry import Registry
from tests.rig.gitlab.settings import Settings

PER_PAGE, MOST_PER_PAGE = 20, 100  # source: GitLab docs "REST API", pagination


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what; `parts` are the named pieces of the path, `project` the number of the project in it."""

    settings: Settings
    memory: Memory
    registry: Registry
    method: str
    path: str
    caller: str
    project: int
    parts: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes
    content_type: str

    def of(self, **parts: str) -> Request:
        """The same request for other pieces of the path."""
        return replace(self, parts={**self.parts, **parts})

    @property
    def project_path(self) -> str:
        """The full path of the project."""
        return next(path for path, number in self.settings.projects.items() if number == self.project)

    def flag(self, name: str) -> bool:
        """Whether the query asks for `name`."""
        return next(iter(self.query.get(name, [])), "").lower() in ("1", "true", "yes", "on")

    def fields(self) -> dict[str, Any]:
        """The body and the query as one set of values.

        Raises:
            Refused: 400, the body is not what its content type says.
        """
        values: dict[str, Any] = {name: found[0] for name, found in self.query.items()}
        if not self.body:
            return values
        if "json" not in self.content_type:
            return values | {name: found[0] for name, found in parse_qs(self.body.decode(), True).items()}
        try:
            return values | dict(json.loads(self.body))
        except (ValueError, TypeError) as error:
            raise Refused(400, {"error": "The request body is not valid JSON"}) from error

    def required(self, *names: str) -> dict[str, Any]:
        """The values, of which all `names` are there.

        Raises:
            Refused: 400, one is missing.
        """
        values = self.fields()
        missing = [name for name in names if values.get(name) in (None, "")]
        if missing:
            raise Refused(400, {"error": ", ".join(f"{name} is missing" for name in missing)})
        return values

    def page(self, items: Sequence[Any]) -> Answer:
        """The page of `items` the query asks for, with GitLab's headers."""
        size = min(max(self.whole("per_page", PER_PAGE), 1), MOST_PER_PAGE)
        number, last = max(self.whole("page", 1), 1), max(-(-len(items) // size), 1)
        after = number + 1 if number < last else 0
        headers = {
            "X-Page": str(number),
            "X-Per-Page": str(size),
            "X-Next-Page": str(after or ""),
            "X-Prev-Page": str(number - 1 or ""),
            "X-Total": str(len(items)),
            "X-Total-Pages": str(last),
            "Link": ", ".join(self.links(number, after, last, size)),
        }
        return Answer(200, list(items[(number - 1) * size : number * size]), headers)

    def links(self, number: int, after: int, last: int, size: int) -> list[str]:
        """The relations of a page to the others, for the Link header."""
        wanted = {"prev": number - 1, "next": after, "first": 1, "last": last}
        here = f"{self.settings.url}{self.path}"
        return [f'<{here}?page={page}&per_page={size}>; rel="{name}"' for name, page in wanted.items() if page]

    def whole(self, name: str, default: int) -> int:
        """A whole number from the query."""
        text = next(iter(self.query.get(name, [])), "")
        return int(text) if text.isdigit() else default
