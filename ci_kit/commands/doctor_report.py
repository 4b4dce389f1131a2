"""What `ci-kit doctor` prints: each layer in a line, then the one cause, what was seen, and who does what about it."""

import argparse
import json
from collections.abc import Iterator, Sequence

from ci_kit.diagnosis.examine import Diagnosis
from ci_kit.diagnosis.result import Check
from ci_kit.model import causes
from ci_kit.model.causes import OWNERS

_VERSION = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the form of what is printed."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what stdout gets (default: text)")
    parser.add_argument("--json", action="store_const", const="json", dest="format", help="the same as --format json")


def show(found: Diagnosis, form: str) -> None:
    """Print the report to stdout."""
    print(json.dumps(as_json(found), indent=2) if form == "json" else as_text(found), flush=True)


def as_json(found: Diagnosis) -> dict[str, object]:
    """Return the report as the contract has it, with what is known besides."""
    cause, culprit = found.cause, found.culprit
    return {
        "version": _VERSION,
        "cause": cause.id if cause else None,
        "evidence": plain(culprit.result.text) if culprit else "",
        "fix": cause.fix if cause else "",
        "summary": cause.summary if cause else "",
        "owner": OWNERS[cause.owner] if cause else "",
        "confidence": culprit.result.confidence if culprit else "certain",
        "checks": [_check(check) for check in found.checks if check.result.known],
        "others": [
            {"cause": check.result.cause, "evidence": plain(check.result.text), "fix": fix(check)}
            for check in found.others
        ],
        "unchecked": [{"id": check.id, "why": plain(check.result.text)} for check in found.unchecked],
    }


def _check(check: Check) -> dict[str, object]:
    return {
        "id": check.id,
        "ok": check.ok,
        "detail": plain(check.result.text),
        "ms": round(check.seconds * 1000, 1),
    }


def as_text(found: Diagnosis) -> str:
    """Return the report for a person."""
    return "\n".join(map(plain, _lines(found)))


def _lines(found: Diagnosis) -> Iterator[str]:
    for check in found.checks:
        if check.result.known:
            yield f"  {'ok' if check.ok else 'BAD':4}{check.id:16}{check.result.text}"
    yield ""
    yield from _of_cause(found)
    for check in found.others:
        yield f"also: {check.result.cause}: {check.result.text}"
        yield f"  {fix(check)}"
    if found.unchecked:
        yield "not checked:"
        yield from _of_unchecked(found.unchecked)


def _of_unchecked(checks: Sequence[Check]) -> Iterator[str]:
    """Yield one line for each reason."""
    names: dict[str, list[str]] = {}
    for check in checks:
        names.setdefault(check.result.text, []).append(check.id)
    yield from (f"  {', '.join(those)}: {why}" for why, those in names.items())


def _of_cause(found: Diagnosis) -> Iterator[str]:
    cause, culprit = found.cause, found.culprit
    if cause is None or culprit is None:
        yield "nothing is wrong with what was checked"
        return
    yield f"cause: {cause.id} ({culprit.result.confidence}): {cause.summary}"
    yield f"seen:  {culprit.result.text}"
    yield f"who:   {OWNERS[cause.owner]}"
    yield f"fix:   {cause.fix}"


def fix(check: Check) -> str:
    """Return what helps against what a check found."""
    return causes.find(check.result.cause).fix


def plain(text: str) -> str:
    """Return `text` in one line without what could steer a terminal: servers and files have a say in it."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
