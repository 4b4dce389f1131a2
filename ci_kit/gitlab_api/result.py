"""The result file: what build-push did, and all that `ci-kit record` needs to tell GitLab later."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

from ci_kit.errors import UsageError
from ci_kit.model.image import ImageRef
from ci_kit.model.record import RESULT_VERSION, BuildRecord, JobFacts, MoveState, TagMove


@dataclass(frozen=True, slots=True)
class Result:
    """The images of one run, and the job that made them."""

    records: tuple[BuildRecord, ...]
    facts: JobFacts

    def as_text(self) -> str:
        """Return the file's text; keys in a fixed order, no secret among them."""
        document = {
            "version": RESULT_VERSION,
            "images": [record.as_json() for record in self.records],
            "job": self.facts.as_json(),
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> Result:
    """Return a result file; UsageError when it is missing, not JSON, or of another version."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["version"] != RESULT_VERSION:
            raise UsageError(
                f"has version {str(document['version'])[:40]}, this ci-kit knows {RESULT_VERSION}",
                place=str(path),
                hint="use the ci-kit that wrote it",
            )
        return Result(tuple(_record(item) for item in document["images"]), _facts(document.get("job") or {}))
    except OSError as error:
        hint = "give the file that build-push --result wrote"
        raise UsageError(f"cannot be read: {error.strerror}", place=str(path), hint=hint) from error
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        hint = "give the file that build-push --result wrote"
        raise UsageError("is not a result of ci-kit build-push", place=str(path), hint=hint) from error


def _record(item: Mapping[str, Any]) -> BuildRecord:
    return BuildRecord(
        name=str(item["name"]),
        image=ImageRef.split(str(item["image"])),
        digest=str(item["digest"]),
        tags=tuple(map(str, item["tags"])),
        builder=str(item["builder"]),
        seconds=float(item["seconds"]),
        size=int(item["size"]),
        platforms=tuple(map(str, item["platforms"])),
        content=str(item.get("content") or ""),
        skipped=bool(item["skipped"]),
        moves=tuple(_move(move) for move in item.get("moves") or ()),
        recorded={str(name): str(value) for name, value in item["recorded"].items()},
    )


def _move(item: Mapping[str, Any]) -> TagMove:
    state = item["state"]
    if state not in get_args(MoveState):
        raise ValueError(state)
    return TagMove(str(item["tag"]), state, str(item["was"]), str(item["reason"]))


def _facts(said: Mapping[str, Any]) -> JobFacts:
    known = {field.name for field in fields(JobFacts)}
    return JobFacts(**{name: str(value) for name, value in said.items() if name in known})
