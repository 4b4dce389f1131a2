"""What `ci-kit doctor --server` prints: each mismatch with its place, and what helps."""

import json
from collections.abc import Iterator
from pathlib import Path

from ci_kit.commands.doctor_report import plain
from ci_kit.diagnosis.server.inspect import Inspection, inspect
from ci_kit.diagnosis.server.setting import Mismatch
from ci_kit.errors import EXIT_FINDINGS, EXIT_OK
from ci_kit.model import causes
from ci_kit.model.causes import OWNERS

_VERSION = 1


def run(folder: str, form: str) -> int:
    """Read the files of a server, print what does not fit, and return 1 when something does not."""
    found = inspect(Path(folder))
    print(json.dumps(as_json(found), indent=2) if form == "json" else as_text(found), flush=True)
    return EXIT_FINDINGS if found.mismatches else EXIT_OK


def as_json(found: Inspection) -> dict[str, object]:
    """Return the report in the form of the doctor's other one, with the place of each finding."""
    first = next(iter(found.mismatches), None)
    cause = causes.find(first.cause) if first else None
    return {
        "version": _VERSION,
        "cause": cause.id if cause else None,
        "evidence": plain(_said(first)) if first else "",
        "fix": cause.fix if cause else "",
        "summary": cause.summary if cause else "",
        "owner": OWNERS[cause.owner] if cause else "",
        "confidence": "certain",
        "checks": [
            {
                "id": one.id,
                "ok": not one.found,
                "detail": plain("; ".join(map(_said, one.found))),
                "ms": round(one.seconds * 1000, 1),
            }
            for one in found.rules
        ],
        "findings": [_finding(one) for one in found.mismatches],
        "files": list(found.files),
    }


def _finding(one: Mismatch) -> dict[str, object]:
    path, _, line = one.place.rpartition(":")
    cause = causes.find(one.cause)
    return {
        "cause": one.cause,
        "path": path,
        "line": int(line),
        "evidence": plain(one.evidence),
        "summary": cause.summary,
        "fix": cause.fix,
    }


def as_text(found: Inspection) -> str:
    """Return the report for a person."""
    return "\n".join(map(plain, _lines(found)))


def _lines(found: Inspection) -> Iterator[str]:
    for one in found.mismatches:
        cause = causes.find(one.cause)
        yield f"{one.place}: {one.cause}: {cause.summary}"
        yield f"    seen: {one.evidence}"
        yield f"    fix:  {cause.fix}"
    number = len(found.mismatches)
    yield f"{', '.join(found.files)}: {number or 'no'} mismatch{'' if number == 1 else 'es'}"


def _said(one: Mismatch) -> str:
    return f"{one.place}: {one.evidence}"
