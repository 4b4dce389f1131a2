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


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: {script: x, retry: {when: always}}", {"retry": {"when": ["always"]}}),
        ("a: {script: x, retry: {when: , exit_codes: }}", {"retry": {"when": None}}),
        ("a: {script: x, allow_failure: {exit_codes: []}}", {"allow_failure": {"exit_codes": []}}),
        ("a: {script: x, artifacts: {reports: }}", {"artifacts": {"reports": None}}),
        ("a: {script: x, artifacts: {reports: {junit: a}}}", {"artifacts": {"reports": {"junit": ["a"]}}}),
    ],
)
def test_single_values_become_lists(text: str, wanted: dict[str, Any]) -> None:
    found = plain(configuration(analyse(text, "f.yml", Project({}.get))))
    assert found["a"] == {"script": "x", **wanted}


@pytest.mark.parametrize(
    ("job", "wanted"),
    [
        ("{script: x}", [1]),
        ("{script: x, retry: 1}", 1),
        ("{script: x, inherit: {default: [image]}}", 1),
        ("{trigger: g/p}", 1),
    ],
)
def test_defaults_are_read_where_a_job_takes_them(job: str, wanted: Any) -> None:
    text = f"default: {{retry: {{exit_codes: 1}}}}\n.h: {{retry: {{exit_codes: 1}}}}\na: {job}\n"
    found = plain(configuration(analyse(text, "f.yml", Project({}.get))))
    assert found["default"]["retry"]["exit_codes"] == wanted
    assert found[".h"]["retry"]["exit_codes"] == 1
