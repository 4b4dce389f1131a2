"""`!reference`: what comes in its place, what GitLab refuses, and that nothing grows without end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.language.problem import Told
from ci_kit.language.reference import dereferenced
from ci_kit.language.unknown import Unknown
from ci_kit.source.reader import read
from ci_kit.source.value import Map

OPEN = "$REFERENCE"


def made_of(text: str) -> tuple[Map, Told]:
    told = Told()
    content = read(text, "f.yml").data
    assert isinstance(content, Map)
    return dereferenced(content, told), told


REPLACED = [
    (".a: {s: [x, y]}\na: !reference [.a, s]", ["x", "y"]),
    (".a: {s: [x, y]}\na: [!reference [.a, s], z]", [["x", "y"], "z"]),
    (".a: {s: {t: {u: 1}}}\na: {b: !reference [.a, s, t]}", {"b": {"u": 1}}),
    (".a: 0\na: !reference [.a]", 0),
    (".a: ''\na: !reference [.a]", ""),
    ("a: !reference [b]\nb: [!reference [c], 1]\nc: [!reference [d]]\nd: x", [["x"], 1]),
    (
        ".a: {r: [{if: !reference [.b, x]}, [[!reference [.b, x]]]]}\n.b: {x: y}\na: !reference [.a, r]",
        [{"if": "y"}, [["y"]]],
    ),
]


@pytest.mark.parametrize(("text", "value"), REPLACED)
def test_replaced(text: str, value: object) -> None:
    content, told = made_of(text)
    assert told.problems == []
    assert content["a"] == value


REFUSED = [
    ("a: !reference .x", '!reference ".x" is not valid', (1, 4)),
    ("a: !reference 5", '!reference "5" is not valid', (1, 4)),
    ("a: !reference ''", "!reference [] is not valid", (1, 4)),
    ("a: !reference []", "!reference [] is not valid", (1, 4)),
    ("a: !reference {b: 1}", '!reference {"b"=>1} is not valid', (1, 4)),
    ("a: !reference {}", "!reference [] is not valid", (1, 4)),
    ("a: !reference [{}]", "!reference [{}] is not valid", (1, 4)),
    ("a: [!reference [.a, 1]]", '!reference [".a", 1] is not valid', (1, 5)),
    ("a: !reference [~, yes, 1.5]", "!reference [nil, true, 1.5] is not valid", (1, 4)),
    ("a: !reference [[b], {c: 1, 2: d}]", '!reference [["b"], {"c"=>1, 2=>"d"}] is not valid', (1, 4)),
    ('a: !reference ["x\\"\\\\\\n#{é", 1]', '!reference ["x\\"\\\\\\n\\#{é", 1] is not valid', (1, 4)),
    ("a: !reference [b]", '!reference ["b"] could not be found', (1, 4)),
    ("a: !reference [b, c]\nb: {d: 1}", '!reference ["b", "c"] could not be found', (1, 4)),
    ("a: !reference [b, c, d]\nb: {c: x}", '!reference ["b", "c", "d"] could not be found', (1, 4)),
    ("a: !reference [b, c, d]\nb: {c: [x]}", '!reference ["b", "c", "d"] could not be found', (1, 4)),
    ("a: !reference [b, c]\nb: {c: ~}", '!reference ["b", "c"] could not be found', (1, 4)),
    ("a: !reference [b, c]\nb: {c: no}", '!reference ["b", "c"] could not be found', (1, 4)),
    ("a: !reference [b, c]\nb: !reference [d]\nd: {c: 1}", '!reference ["b", "c"] could not be found', (1, 4)),
    ("a: !reference [b]\nb: !reference [c]\nc: no", '!reference ["c"] could not be found', (2, 4)),
    ("a: !reference [a]", '!reference ["a"] is part of a circular chain', (1, 4)),
    (
        "a: {s: !reference [b, s]}\nb: {s: !reference [a, s]}",
        '!reference ["b", "s"] is part of a circular chain',
        (1, 8),
    ),
    (
        "c: !reference [a]\na: [!reference [b]]\nb: [!reference [a]]",
        '!reference ["b"] is part of a circular chain',
        (2, 5),
    ),
    ("a: {s: 1, t: !reference [a]}", '!reference ["a"] is part of a circular chain', (1, 14)),
]


@pytest.mark.parametrize(("text", "message", "where"), REFUSED)
def test_gitlab_refuses(text: str, message: str, where: tuple[int, int]) -> None:
    _, told = made_of(text)
    assert told.gitlab == message
    assert told.problems[0].at[:2] == where


def test_each_problem_is_told_once_and_what_leans_on_it_is_damaged() -> None:
    text = ".a: {s: !reference [gone]}\na: !reference [.a, s]\n"
    text += "b: [!reference [.a, s], !reference x, !reference [gone]]\nc: [x]\n"
    content, told = made_of(text)
    assert [(problem.job, problem.at[:2], problem.curable) for problem in told.problems] == [
        *((".a", (1, 9), True), ("b", (3, 25), False), ("b", (3, 39), True)),
    ]
    assert told.damaged == {".a", "a", "b"}
    assert content == {".a": {"s": OPEN}, "a": OPEN, "b": [OPEN, OPEN, OPEN], "c": ["x"]}
    assert isinstance(content["a"], Unknown)


def test_a_circle_is_spelled_out() -> None:
    _, told = made_of("c: !reference [a, s]\na: {s: [!reference [b, t]]}\nb: {t: !reference [a, s]}\n")
    (problem,) = told.problems
    assert problem.ours == "these references go in a circle: a:s:0 (f.yml:2:9) -> b:t (f.yml:3:8) -> a:s:0"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(
            ("a: !reference [.stup, script]\n.setup: {script: x}", ".setup"),
            ("a: !reference [.s, scrip]\n.s: {script: x}", "script"),
        ),
        *(("a: !reference [.s, script, x]\n.s: {script: x}", ""), ("a: !reference [.s, x]\n.s: {x: ~}", "")),
    ],
)
def test_a_typo_is_told_its_word(text: str, meant: str) -> None:
    assert made_of(text)[1].problems[0].suggestion == meant


def test_what_holds_no_reference_is_shared_and_keeps_its_place() -> None:
    text = "a: {s: {x: 1}, t: !reference [b]}\nb: {y: [z]}\n"
    content = read(text, "f.yml").data
    made = dereferenced(content, Told())
    assert made["a"]["s"] is content["a"]["s"]
    assert made["a"]["t"] is content["b"]
    assert made["a"].values_at["t"][:2] == (1, 19)
    assert made["a"]["t"].values_at["y"][:2] == (2, 8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("".join(f".j{n}: {{s: !reference [.j{n + 1}, s]}}\n" for n in range(3000)) + ".j3000: {s: x}\n", None),
        (
            "".join(f".j{n}: {{s: [!reference [.j{n + 1}, s], !reference [.j{n + 1}, s]]}}\n" for n in range(40))
            + ".j40: {s: x}\n",
            "The parsed YAML is too big",
        ),
        (
            f".b: {{s: [{', '.join(['x'] * 5000)}]}}\n" + "".join(f"j{n}: !reference [.b, s]\n" for n in range(3000)),
            "The parsed YAML is too big",
        ),
        (
            "".join(f"j{n}: !reference [j{(n + 1) % 3000}]\n" for n in range(3000)),
            '!reference ["j1"] is part of a circular chain',
        ),
        ("a: " + "[" * 90 + "!reference [b]" + "]" * 90 + "\nb: x\n", None),
    ],
    ids=["chain", "doubling", "many", "circle", "deep"],
)
def test_what_grows_without_end_ends(text: str, message: str | None) -> None:
    _, told = made_of(text)
    assert told.gitlab == message
    assert len(told.problems) == (message is not None)


REFERENCE = st.lists(st.sampled_from(["a", "b", "s", "1"]), max_size=3).map(
    lambda names: f"!reference [{', '.join(names)}]"
)
TEXT = st.recursive(
    st.one_of(REFERENCE, st.sampled_from(["x", "~", "no", "!reference x"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"), inner.map(lambda one: f"{{s: {one}}}")
    ),
    max_leaves=6,
)


@given(TEXT, TEXT)
def test_any_references_get_an_answer(one: str, other: str) -> None:
    content, told = made_of(f"a: {one}\nb: {other}\n")
    assert bool(told.damaged) == bool(told.problems)
    assert "Reference" not in "".join(map(_kinds, content.values()))


def _kinds(value: object) -> str:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return type(value).__name__ + "".join(map(_kinds, inner))
