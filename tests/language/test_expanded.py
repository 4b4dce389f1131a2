"""What GitLab makes of the valid cases of `cases/`: the merged configuration and the jobs, key for key."""

import json
from typing import Any

import pytest

from ci_kit.language.analyse import Pipeline, analyse
from ci_kit.language.lineup import Lineup
from ci_kit.language.merged import as_row, configuration, created, plain
from ci_kit.language.project import Project
from tests.language.test_cases import CASES, paths, read

ROWS = [json.loads(line) for line in (CASES / "expanded.jsonl").read_text("utf-8").splitlines()]


def made_of(name: str) -> Pipeline:
    text = read(name)
    assert text is not None
    return analyse(text, name, Project(read, paths))


def in_order(value: Any) -> Any:
    """Return the value with its maps as lists of pairs: dicts compare equal in any order."""
    if isinstance(value, dict):
        return [(key, in_order(part)) for key, part in value.items()]
    return [in_order(part) for part in value] if isinstance(value, list) else value


def test_there_is_a_row_for_each_valid_case() -> None:
    assert len(ROWS) == 143


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_merged(row: dict[str, Any]) -> None:
    assert in_order(plain(configuration(made_of(row["file"])))) == in_order(row["merged"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_jobs(row: dict[str, Any]) -> None:
    jobs = list(map(as_row, created(Lineup(made_of(row["file"]).content))))
    assert in_order(jobs) == in_order(row["jobs"])
