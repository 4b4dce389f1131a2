"""The names of the jobs that GitLab makes of one, and what a need selects among them."""

from typing import Any

import pytest

from ci_kit.language.analyse import analyse
from ci_kit.language.lineup import Lineup
from ci_kit.language.matrix import combinations, filled, instance_names
from ci_kit.language.merged import as_row, created
from ci_kit.language.project import Project
from ci_kit.source.value import Symbol


@pytest.mark.parametrize(
    ("parallel", "names"),
    [
        (None, ["j"]),
        (1, ["j 1/1"]),
        (3, ["j 1/3", "j 2/3", "j 3/3"]),
        ({"matrix": [{"A": [1, 2], "B": "x"}]}, ["j: [1, x]", "j: [2, x]"]),
        ({"matrix": [{"A": [1, 2], "B": ["x", "y"]}]}, ["j: [1, x]", "j: [1, y]", "j: [2, x]", "j: [2, y]"]),
        ({"matrix": [{"A": 1}, {"B": 1}]}, ["j: [1]", "j: [1]"]),
        ({"matrix": [{"A": Symbol("s")}]}, ["j: [s]"]),
        ({"matrix": [{"A": []}, {"B": 1}]}, ["j: [1]"]),
        ({"matrix": []}, []),
        ({"matrix": None}, []),
    ],
)
def test_names(parallel: Any, names: list[str]) -> None:
    assert list(instance_names("j", parallel)) == names


def test_a_matrix_without_bound_ends() -> None:
    values = list(range(1000))
    assert len(instance_names("j", {"matrix": [dict.fromkeys("ABCDEFGH", values)]})) == 201
    assert len(instance_names("j", 10**9)) == 201


def test_variables_are_texts() -> None:
    assert list(combinations({"matrix": [{"A": [1], 2: "x"}]})) == [{"A": "1", "2": "x"}]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("$[[ matrix.A ]]", "1"),
        ("$[[matrix.A]]-$[[  matrix.B-2 ]]", "1-2"),
        ("$[[ matrix.C ]]", "$[[ matrix.C ]]"),
        ("$[[ inputs.A ]]", "$[[ inputs.A ]]"),
        ("plain", "plain"),
    ],
)
def test_expressions_are_filled(text: str, wanted: str) -> None:
    assert filled(text, {"A": "1", "B-2": "2"}) == wanted


def test_a_value_is_put_in_as_ruby_does() -> None:
    assert filled("<$[[ matrix.A ]]>", {"A": r"a\\b"}) == r"<a\b>"
    assert filled("<$[[ matrix.A ]]>", {"A": r"\0"}) == "<$[[ matrix.A ]]>"


def rows(text: str) -> list[dict[str, Any]]:
    made = analyse(text, "f.yml", Project({}.get))
    assert made.problems == ()
    return list(map(as_row, created(Lineup(made.content))))


def test_each_job_of_a_matrix_has_needs_of_its_own() -> None:
    text = (
        "b: {script: x, parallel: {matrix: [{OS: [l, m]}]}}\n"
        "a:\n  script: x\n  parallel: {matrix: [{OS: [l, m]}]}\n"
        "  needs:\n    - {job: b, artifacts: false, parallel: {matrix: [{OS: ['$[[ matrix.OS ]]']}]}}\n"
    )
    assert [(row["name"], row["needs"]) for row in rows(text)[2:]] == [
        ("a: [l]", [{"name": "b: [l]", "artifacts": False, "optional": False}]),
        ("a: [m]", [{"name": "b: [m]", "artifacts": False, "optional": False}]),
    ]


def test_combinations_that_are_given_twice_are_one_job() -> None:
    assert [row["name"] for row in rows("a: {script: x, parallel: {matrix: [{A: [1, 1]}, {B: 1}]}}")] == ["a: [1]"]


def test_of_two_jobs_of_one_name_the_later_is_kept_at_the_first_place() -> None:
    found = rows("a: {script: x, parallel: 1}\nb: {script: x}\na 1/1: {script: y, when: manual}\n")
    assert [(row["name"], row["when"]) for row in found] == [("a 1/1", "manual"), ("b", "on_success")]


@pytest.mark.parametrize(
    ("job", "when", "allow_failure"),
    [
        ("script: x", "on_success", False),
        ("script: x, when: manual", "manual", True),
        ("script: x, when: manual, allow_failure: ", "manual", True),
        ("script: x, when: manual, allow_failure: false", "manual", False),
        ("script: x, when: manual, allow_failure: {exit_codes: 1}", "manual", False),
        ("script: x, allow_failure: true", "on_success", True),
        ("script: x, allow_failure: {exit_codes: 1}", "on_success", False),
        ("script: x, when: delayed, start_in: 1 h", "delayed", False),
        ("script: x, when: always, rules: [{when: manual}]", "always", False),
        ("script: x, when: manual, rules: [{if: $A}]", "manual", True),
        ("trigger: g/p, when: manual", "manual", True),
        ("trigger: g/p, allow_failure: true", "on_success", True),
    ],
)
def test_when_and_allow_failure(job: str, when: str, allow_failure: bool) -> None:
    (row,) = rows(f"a: {{{job}}}")
    assert (row["when"], row["allow_failure"]) == (when, allow_failure)
