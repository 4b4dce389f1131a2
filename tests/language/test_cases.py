"""The cases of `cases/` with GitLab's own answer to each: no file fares worse than it did."""

import json
from pathlib import Path
from typing import Any

import pytest

from ci_kit.errors import SourceError
from ci_kit.language.analyse import Pipeline, analyse
from ci_kit.language.project import Project
from ci_kit.source.reader import decode

CASES = Path(__file__).parent / "cases"
INDEX = [json.loads(line) for line in (CASES / "index.jsonl").read_text("utf-8").splitlines()]
MISSED = 0  # invalid files that we take for valid, or leave open
IN_GITLABS_WORDS = 171


def read(path: str) -> str | None:
    file = CASES / path
    return decode(file.read_bytes(), path) if file.is_file() else None


def paths() -> list[str]:
    return [path.relative_to(CASES).as_posix() for path in CASES.rglob("*") if path.is_file()]


def answer(case: dict[str, Any]) -> Pipeline:
    text = read(case["file"])
    assert text is not None
    return analyse(text, case["file"], Project(read, paths))


def says(case: dict[str, Any], found: Pipeline) -> bool:
    return all(any(words in one.message for one in found.problems) for words in case["error_contains"])


def test_no_valid_file_is_refused() -> None:
    refused = {
        case["file"]: [one.message for one in found.problems]
        for case in INDEX
        if case["valid"] and (found := answer(case)).verdict != "valid"
    }
    assert refused == {}


def test_invalid_files_are_refused_in_gitlabs_words() -> None:
    found = {case["file"]: (case, answer(case)) for case in INDEX if not case["valid"]}
    missed = [name for name, (_, one) in found.items() if one.verdict != "invalid"]
    other = {
        name: (case["error_contains"], [each.message for each in one.problems])
        for name, (case, one) in found.items()
        if name not in missed and not says(case, one)
    }
    assert len(missed) <= MISSED, missed
    assert len(found) - len(missed) - len(other) >= IN_GITLABS_WORDS, other


def test_every_problem_has_a_place_in_a_file() -> None:
    for case in INDEX:
        for problem in answer(case).problems:
            line, column, *_, path = problem.at
            text = read(path)
            assert text is not None, (case["file"], problem)
            assert 0 < line <= text.count("\n") + 2, (case["file"], problem)
            assert column > 0


def test_unreadable_bytes_have_their_own_error() -> None:
    with pytest.raises(SourceError, match="UTF-8"):
        decode(b"\xff", "f")
