"""The result file: what build-push did, and all that `ci-kit record` needs to tell GitLab later."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from ci_kit.errors import UsageError
from ci_kit.model.check import Check, CheckState
from ci_kit.model.grammar import DIGEST
from ci_kit.model.image import ImageRef
from ci_kit.model.layer import Base, Layer
from ci_kit.model.record import RESULT_VERSION, BuildRecord, Failure, JobFacts, MoveState, TagMove
from ci_kit.model.step import Step, StepState


class Result(NamedTuple):
    """The images of one run, the job that made them, and what failed."""

    records: tuple[BuildRecord, ...]
    facts: JobFacts
    failures: tuple[Failure, ...] = ()

    def as_text(self) -> str:
        """Return the file's text; keys in a fixed order, no secret among them."""
        document: dict[str, object] = {
            "version": RESULT_VERSION,
            "images": [record.as_json() for record in self.records],
            "job": self.facts.as_json(),
        }
        if self.failures:
            document["failures"] = [failure.as_json() for failure in self.failures]
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
        return Result(
            tuple(_record(item) for item in document["images"]),
            _facts(document.get("job") or {}),
            tuple(_failure(item) for item in document.get("failures") or ()),
        )
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
        digest=_digest(item["digest"]),
        tags=tuple(map(str, item["tags"])),
        builder=str(item["builder"]),
        seconds=_amount(item["seconds"]),
        size=int(_amount(item["size"])),
        platforms=tuple(map(str, item["platforms"])),
        content=str(item.get("content") or ""),
        skipped=bool(item["skipped"]),
        moves=tuple(_move(move) for move in item.get("moves") or ()),
        reason=str(item.get("reason") or ""),
        base=_base(item["base"]) if item.get("base") else None,
        steps=_steps(item),
        layers=tuple(_layer(layer) for layer in item.get("layers") or ()),
        checks=tuple(_check(check) for check in item.get("checks") or ()),
        recorded={str(name): str(value) for name, value in item["recorded"].items()},
    )


def _move(item: Mapping[str, Any]) -> TagMove:
    return TagMove(str(item["tag"]), _one_of(MoveState, item["state"]), str(item["was"]), str(item["reason"]))


def _base(item: Mapping[str, Any]) -> Base:
    return Base(str(item["image"]), _digest(item["digest"]), int(_amount(item["size"])))


def _steps(item: Mapping[str, Any]) -> tuple[Step, ...]:
    return tuple(
        Step(str(step["name"]), _one_of(StepState, step["state"]), _amount(step["seconds"]))
        for step in item.get("steps") or ()
    )


def _layer(item: Mapping[str, Any]) -> Layer:
    return Layer(_digest(item["digest"]), int(_amount(item["size"])), str(item["command"]), str(item["platform"]))


def _check(item: Mapping[str, Any]) -> Check:
    return Check(str(item["name"]), _one_of(CheckState, item["state"]), str(item["detail"]))


def _failure(item: Mapping[str, Any]) -> Failure:
    image = ImageRef.split(str(item["image"]))
    return Failure(str(item["name"]), image, str(item["message"]), int(_amount(item["exit_code"])), _steps(item))


def _digest(said: object) -> str:
    """Return a digest; ValueError for anything else."""
    if not isinstance(said, str) or not DIGEST.match(said):
        raise ValueError(said)
    return said


def _amount(said: Any) -> float:
    """Return a finite number that is not negative; ValueError for any other."""
    number = float(said)
    if not 0 <= number < math.inf:
        raise ValueError(said)
    return number


def _one_of(words: Any, said: object) -> Any:
    """Return `said`, one of a Literal's words; ValueError for another."""
    if said not in get_args(words):
        raise ValueError(said)
    return said


def _facts(said: Mapping[str, Any]) -> JobFacts:
    return JobFacts(**{name: str(value) for name, value in said.items() if name in JobFacts._fields})
