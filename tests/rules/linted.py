"""What `ci-kit lint` says of a file, and what a file says that it should say."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ci_kit.cli import main

_HERE = re.compile(r"# ! (CK\d+)")
_THERE = re.compile(r"^# @ (\d+) (CK\d+)", re.MULTILINE)


def report(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    """Return the JSON report of one file."""
    main(["lint", "--format", "json", "--root", str(path.parent), *options, str(path)])
    printed = capsys.readouterr()
    assert printed.err == ""
    said = json.loads(printed.out)
    assert said["version"] == 1
    (file,) = said["files"]
    found: dict[str, Any] = file
    return found


def places(file: dict[str, Any]) -> Counter[tuple[int, str]]:
    """Return line and rule of each finding, and how often."""
    return Counter((finding["line"], finding["rule"]) for finding in file["findings"])


def expected(text: str) -> Counter[tuple[int, str]]:
    """Return the marks of a text: `# ! CK101` on its line, or `# @ LINE CK101` where a comment cannot stand."""
    marks = Counter((number, rule) for number, line in enumerate(text.splitlines(), 1) for rule in _HERE.findall(line))
    marks.update((int(line), rule) for line, rule in _THERE.findall(text))
    return marks
