"""`ci-kit doctor --log`: the causes of what a job's log says, found by the literal texts of the catalogue."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ci_kit.commands.doctor_report import plain
from ci_kit.errors import EXIT_FINDINGS, EXIT_OK, UsageError
from ci_kit.model import causes
from ci_kit.model.causes import OWNERS, Cause

_VERSION = 1
_BYTES = 16 * 1024 * 1024  # GitLab's own limit of a log is 4 MiB by default
_LINE = 2000  # letters of a line that are looked at


class Found(NamedTuple):
    """A line of the log, the text of the catalogue in it, and the causes that show so."""

    line: int
    text: str
    causes: tuple[Cause, ...]
    weight: int


def run(name: str, form: str) -> int:
    """Print the causes in the log `name`, `-` for stdin, and return 1 when there are some."""
    found = list(search(_read(name)))
    print(json.dumps(as_json(found), indent=2) if form == "json" else as_text(found), flush=True)
    return EXIT_FINDINGS if found else EXIT_OK


def search(text: str) -> Iterator[Found]:
    """Yield what is found, each text once, where it stands first; those of the fewest causes come first."""
    return iter(sorted(_search(text), key=lambda one: (len(one.causes), -one.weight)))


def _search(text: str) -> Iterator[Found]:
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        matches = causes.of_text(line[:_LINE])
        longest = matches[0][1].text if matches else ""
        if longest and longest not in seen:
            seen.add(longest)
            # Of one line the most exact text counts, with every cause that shows so.
            those = tuple(one for one, said in matches if said.text == longest)
            yield Found(number, line[:_LINE].strip(), those, len(longest))


def _read(name: str) -> str:
    try:
        data = sys.stdin.buffer.read(_BYTES) if name == "-" else _of_file(Path(name))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "this is no path"
        raise UsageError(f"cannot be read: {reason}", place=name, hint="name the log, or - for stdin") from error
    return data.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def _of_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_BYTES)


def as_json(found: list[Found]) -> dict[str, object]:
    """Return the first cause in the doctor's usual form, and all that was found."""
    first = found[0].causes[0] if found else None
    return {
        "version": _VERSION,
        "cause": first.id if first else None,
        "evidence": f"line {found[0].line}: {plain(found[0].text)}" if found else "",
        "fix": first.fix if first else "",
        "summary": first.summary if first else "",
        "owner": OWNERS[first.owner] if first else "",
        "confidence": "likely" if found and len(found[0].causes) == 1 else "possible",
        "checks": [],
        "matches": [
            {"line": one.line, "text": plain(one.text), "causes": [cause.id for cause in one.causes]} for one in found
        ],
    }


def as_text(found: list[Found]) -> str:
    """Return the report for a person."""
    return "\n".join(map(plain, _lines(found)))


def _lines(found: list[Found]) -> Iterator[str]:
    if not found:
        yield "no text of the catalogue is in it: docs/troubleshooting.md lists them"
    told: set[str] = set()
    for one in found:
        yield f"line {one.line}: {one.text}"
        for cause in one.causes:
            yield f"    {cause.id}: {cause.summary}"
            if cause.id not in told:
                yield f"        {OWNERS[cause.owner]}: {cause.fix}"
            told.add(cause.id)
        if len(one.causes) > 1:
            yield "    which of them it is: ci-kit doctor IMAGE, where the job runs"
