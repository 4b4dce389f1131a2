"""`extends`: what a job takes over, what GitLab refuses, and how a value came to be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.language.extend import extended, links
from ci_kit.language.problem import Told
from ci_kit.source.reader import read
from ci_kit.source.value import Map


def content_of(text: str) -> Map:
    data = read(text, "f.yml").data
    assert isinstance(data, Map)
    return data


def extended_(text: str) -> tuple[Map, Told]:
    told = Told()
    return extended(content_of(text), told), told


def chain(entries: int) -> str:
    return "".join(f"e{n}: {{extends: e{n + 1}}}\n" for n in range(1, entries)) + f"e{entries}: {{script: x}}\n"


MERGED = [
    (".b: {x: 1, v: {a: 1, b: 1}}\na: {extends: .b, v: {b: 2, c: 3}}", {"x": 1, "v": {"a": 1, "b": 2, "c": 3}}),
    (".b: {x: [1, 2]}\na: {extends: .b, x: [3]}", {"x": [3]}),
    (".b: {x: {a: 1}}\na: {extends: .b, x: ~}", {"x": None}),
    (".b: {x: 1, y: 1}\n.c: {x: 2}\na: {extends: [.b, .c]}", {"x": 2, "y": 1}),
    (".b: {x: 1}\na: {extends: [.b, .b]}", {"x": 1}),
    (".c: {x: 1}\n.b: {extends: .c, y: 2}\na: {extends: .b}", {"x": 1, "y": 2}),
    ("a: {extends: b}\nb: {extends: .c}\n.c: {x: 1}", {"x": 1}),
    ("a: {x: 1, extends: ~}", {"x": 1}),
    ("a: {x: 1, extends: []}", {"x": 1}),
    ("'1': {x: 1}\na: {extends: 1}", {"x": 1}),
    (".b: {x: 1}\na: {v: {extends: .b}}", {"v": {"extends": ".b"}}),
]


@pytest.mark.parametrize(("text", "made"), MERGED)
def test_taken_over(text: str, made: dict[str, object]) -> None:
    content, told = extended_(text)
    assert told.problems == []
    assert {key: value for key, value in content["a"].items() if key != "extends"} == made


def test_every_top_level_mapping_extends() -> None:
    content, told = extended_(".b: {A: 1}\nvariables: {extends: .b}\ndefault: {extends: .b}\n.h: {extends: .b}\n")
    assert told.problems == []
    assert [content[key]["A"] for key in ("variables", "default", ".h")] == [1, 1, 1]


REFUSED = [
    ("a: {extends: .b}", "a: unknown keys in `extends` (.b)", (1, 14)),
    ("a: {extends: [.b, .c]}", "a: unknown keys in `extends` (.b, .c)", (1, 15)),
    ("a: {extends: [.x, .b]}\n.x: {}", "a: unknown keys in `extends` (.b)", (1, 19)),
    ("a: {extends: ''}", "a: unknown keys in `extends` ()", (1, 14)),
    ("a: {extends: [~, 1, 1.0, yes]}", "a: unknown keys in `extends` (, 1, 1.0, true)", (1, 15)),
    ("a: {extends: [[b, 'c\"']]}", 'a: unknown keys in `extends` (["b", "c\\""])', (1, 15)),
    ("a: {extends: {from: .b, to: 1}}\n.b: {}", 'a: unknown keys in `extends` ([:from, ".b"], [:to, 1])', (1, 15)),
    ("1: {}\na: {extends: 1}", "a: unknown keys in `extends` (1)", (2, 14)),
    ("a: {extends: .b}\n.b: x", "a: invalid base hashes in `extends` (.b)", (1, 14)),
    ("a: {extends: [.b, .c]}\n.b: [x]\n.c: ~", "a: invalid base hashes in `extends` (.b, .c)", (1, 15)),
    ("a: {extends: a}", "a: circular dependency detected in `extends`", (1, 14)),
    ("c: {extends: a}\na: {extends: b}\nb: {extends: a}", "a: circular dependency detected in `extends`", (2, 14)),
    ("1: {extends: .b}", "1: unknown keys in `extends` (.b)", (1, 14)),
    (chain(13), "e12: nesting too deep in `extends`", (12, 16)),
    (f"z: {{extends: e1}}\n{chain(12)}", "e11: nesting too deep in `extends`", (12, 16)),
    (f"{chain(12)}z: {{extends: e1}}\n", "e11: nesting too deep in `extends`", (11, 16)),
    (f"{chain(12)}.y: {{}}\nz: {{extends: [.y, e1]}}\n", "e11: nesting too deep in `extends`", (11, 16)),
    (f"{chain(11)}e11: {{extends: e1}}\n", "e1: nesting too deep in `extends`", (1, 15)),
    (f"{chain(10)}e10: {{extends: e1}}\n", "e1: circular dependency detected in `extends`", (1, 15)),
]


@pytest.mark.parametrize(("text", "message", "where"), REFUSED)
def test_gitlab_refuses(text: str, message: str, where: tuple[int, int]) -> None:
    _, told = extended_(text)
    assert told.gitlab == message
    assert told.problems[0].at[:2] == where


def test_a_chain_of_twelve_passes() -> None:
    content, told = extended_(chain(12))
    assert told.problems == []
    assert content["e1"]["script"] == "x"


def test_each_problem_is_told_once_and_what_leans_on_it_is_damaged() -> None:
    text = "a: {extends: .b}\nb: {extends: .b}\n.b: {extends: .gone, x: 1}\nc: {extends: c}\nd: {extends: .x}\n.x: {}\n"
    content, told = extended_(text)
    assert [(problem.job, problem.message.partition(" in ")[0]) for problem in told.problems] == [
        (".b", ".b: unknown keys"),
        ("c", "c: circular dependency detected"),
    ]
    assert told.damaged == {"a", "b", ".b", "c"}
    assert content["a"]["x"] == 1
    assert [problem.curable for problem in told.problems] == [True, False]


def test_a_circle_is_spelled_out() -> None:
    _, told = extended_("a: {extends: b}\nb: {extends: c}\nc: {extends: a}\n")
    (problem,) = told.problems
    assert problem.ours == "`extends` goes in a circle: a (f.yml:1:14) -> b (f.yml:2:14) -> c (f.yml:3:14) -> a"
    assert told.damaged == {"a", "b", "c"}


def test_a_chain_that_is_too_long_is_spelled_out_once() -> None:
    _, told = extended_(f"{chain(30)}z: {{extends: e3}}\n")
    (problem,) = told.problems
    assert problem.ours.startswith("more than 11 steps of `extends`: e1 (f.yml:1:15) -> e2 (f.yml:2:15) -> ")
    assert "z" in told.damaged


def test_a_typo_is_told_its_word() -> None:
    _, told = extended_("a: {extends: .bse}\n.base: {}\n")
    assert told.problems[0].suggestion == ".base"


def test_what_is_taken_over_keeps_its_place() -> None:
    content, _ = extended_(".b:\n  x: 1\n  v: {y: 2}\na:\n  extends: .b\n  v: {z: 3}\n")
    job = content["a"]
    assert job.keys_at["x"][:2] == (2, 3)
    assert job.values_at["x"][:2] == (2, 6)
    assert job["v"].keys_at["y"][:2] == (3, 7)
    assert job["v"].keys_at["z"][:2] == (6, 7)


def test_what_a_job_extends_stands_where_it_is_said() -> None:
    content = content_of(".r: {}\n.b: {extends: .r}\n.c: {}\na: {extends: [.b, .c, .gone]}\n")
    assert [(link.base, link.by, link.at[:2]) for link in links("a", content["a"])] == [
        *((".b", "a", (4, 15)), (".c", "a", (4, 19)), (".gone", "a", (4, 23))),
    ]
    assert links(".r", content[".r"]) == []


@pytest.mark.parametrize(
    "text",
    [
        chain(3000),
        "".join(f"j{n}: {{extends: j{(n + 1) % 3000}}}\n" for n in range(3000)),
        "".join(f"j{n}: {{extends: [{', '.join(f'j{m}' for m in range(n + 1, n + 40))}]}}\n" for n in range(400)),
        f".b: {{{', '.join(f'k{n}: 1' for n in range(3000))}}}\n"
        + "".join(f"j{n}: {{extends: .b}}\n" for n in range(3000)),
        "".join(f"j{n}: {{extends: .gone{n}}}\n" for n in range(3000)),
        f"a: {{extends: [{', '.join(['.b'] * 20000)}]}}\n.b: {{x: 1}}\n",
    ],
    ids=["chain", "circle", "many ways", "many keys", "many names", "one many times"],
)
def test_what_grows_without_end_ends(text: str) -> None:
    content, told = extended_(text)
    assert content.keys() == content_of(text).keys()
    assert len(told.problems) <= 3000


NAMES = st.sampled_from(["a", "b", "c", ".d", "e"])
VALUE = st.one_of(st.none(), NAMES, st.lists(st.one_of(NAMES, st.none(), st.integers(0, 1)), max_size=3), st.just({}))


@given(st.dictionaries(NAMES, st.one_of(VALUE, st.fixed_dictionaries({"extends": VALUE, "x": VALUE})), max_size=5))
def test_any_extends_gets_an_answer(value: dict[str, object]) -> None:
    content, told = extended_(json.dumps(value))
    assert content.keys() == value.keys()
    assert bool(told.damaged) == bool(told.problems)
    for key, made in content.items():
        if isinstance(made, Map):
            assert made.keys() == made.keys_at.keys() == made.values_at.keys(), key
