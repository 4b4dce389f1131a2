"""`$[[ … ]]`: where a block is, what it comes to, what GitLab says of it, and where what it makes stands."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.language import interpolate
from ci_kit.language.block import blocks
from ci_kit.language.project import Project
from ci_kit.language.scope import Scope
from ci_kit.language.surroundings import Surroundings
from ci_kit.language.unknown import Unknown
from ci_kit.source.value import Map, Mark, Seq
from tests.language.header_file import PATH, Made, made, value, with_inputs

PATTERN = re.compile(r"\$\[\[[ \t\n\f\r]*([^ \t\n\f\r].*?[^ \t\n\f\r])[ \t\n\f\r]*\]\]")
PIECES = st.lists(st.sampled_from(["$[[", "[", "]", "]]", " ", "\n", "a", "b", "$", "|", "\t"]), max_size=14).map(
    "".join
)


@given(PIECES)
def test_blocks_are_where_re2_finds_them(text: str) -> None:
    found = [(block.whole, block.data, block.begin) for block in blocks(text)]
    assert found == [(match[0], match[1], match.start()) for match in PATTERN.finditer(text)]


@pytest.mark.parametrize(
    "text",
    ["$[[ a " * 200_000, "$[[ a\n" * 200_000, "$[[" * 300_000, "$[[ a" + " \n" * 200_000, "$[[ a ]" * 150_000],
    ids=["open", "lines", "bare", "blank", "half"],
)
def test_blocks_that_never_close_are_passed_once(text: str) -> None:
    assert list(blocks(text)) == []


LIST = "l: {type: array, default: [a, [b, c], {k: {m: v}}]}"
JSON = "j: {type: array, default: '[{\"k\": 1}]'}"
N = "n: {type: number, default: 3}"
S = "s: {default: mint}"
ALL = f"{S}, {N}, {LIST}, {JSON}, t: {{type: boolean, default: true}}, e: {{default: }}, e-f: {{default: dash}}"

COMES_TO: list[tuple[str, Any]] = [
    ("$[[ inputs.s ]]", "mint"),
    ("$[[inputs.s]]", "mint"),
    ("$[[\tinputs.s\t]]", "mint"),
    ("$[[ inputs.n ]]", 3),
    ("$[[ inputs.t ]]", True),
    ("$[[ inputs.e ]]", ""),
    ("$[[ inputs.e-f ]]", "dash"),
    ("a$[[ inputs.n ]]", "a3"),
    ("$[[ inputs.t ]]!", "true!"),
    ("[$[[ inputs.s ]]]", "[mint]"),
    ("$[[ inputs.s ]]$[[ inputs.n ]]$[[ inputs.s ]]", "mint3mint"),
    ("$[[ inputs.l[0] ]]", "a"),
    ("$[[ inputs.l[1][1] ]]", "c"),
    ("$[[ inputs.l[2].k.m ]]", "v"),
    ("$[[ inputs.l[01] ]]x", '["b", "c"]x'),
    ("$[[ inputs.l ]]x", '["a", ["b", "c"], {"k"=>{"m"=>"v"}}]x'),
    ("$[[ inputs.s | truncate(1,2) ]]", "in"),
    ("$[[ inputs.s|truncate( 1 , 2 ]]", "in"),
    ("$[[ inputs.s | truncate(9,2) ]]", ""),
    ("$[[ inputs.s | truncate(1,99999999999999999999) ]]", "int"),
    ("$[[ inputs.s | truncate(99999999999999999999,1) ]]", ""),
    ("$[[ inputs.s | expand_vars | truncate(0,3) | posix_escape ]]", "min"),
    ("$[[ inputs.s | ]]", "mint"),
    ("$[[ inputs.e | posix_escape ]]", "''"),
    ("$[[ matrix.OS ]]", "$[[ matrix.OS ]]"),
    ("$[[matrix.OS  | what ]] $[[ inputs.s ]]", "$[[matrix.OS  | what ]] mint"),
    ("$[[ matrix ]]", "$[[ matrix ]]"),
    ("$[[ ]]", "$[[ ]]"),
    ("$[[ a ]]", "$[[ a ]]"),
    ("${A[0]} $[ 1 + 1 ] $(date)", "${A[0]} $[ 1 + 1 ] $(date)"),
]


@pytest.mark.parametrize(("block", "wanted"), COMES_TO)
def test_what_a_block_comes_to(block: str, wanted: Any) -> None:
    found = with_inputs(ALL, f"a: {{script: '{block}'}}")
    script = found.content["a"]["script"]
    assert (script, type(script) is bool) == (wanted, wanted is True)
    assert found.messages == []


UNKNOWN = "unknown interpolation provided"
SAID = [
    ("inputs.z", f"{UNKNOWN}: `z` in `inputs.z`"),
    ("inputs.", f"{UNKNOWN}: `` in `inputs.`"),
    ("vars.HOME", f"{UNKNOWN}: `vars` in `vars.HOME`"),
    ("component.name", f"{UNKNOWN}: `name` in `component.name`"),
    ("inputs.s.more", f"{UNKNOWN}: `more` in `inputs.s.more`"),
    ("inputs.l[2].z", f"{UNKNOWN}: `z` in `inputs.l[2].z`"),
    ("inputs.j[0].k", f"{UNKNOWN}: `k` in `inputs.j[0].k`"),
    ("inputs.a.b.c.d.e.f", f"{UNKNOWN}: `a` in `inputs.a.b.c.d.e.f`"),
    ("inputs", "invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]"),
    ("| truncate(0,1)", "invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]"),
    ("inputs." + "a" * 1018, "maximum interpolation expression size exceeded"),
    (
        "a" * 1025,
        "invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]], "
        "maximum interpolation expression size exceeded",
    ),
    ("inputs." + "a" * 1017, f"{UNKNOWN}: `{'a' * 1017}` in `inputs.{'a' * 1017}`"),
    ("inputs.l[5]", "array index 5 out of bounds (size: 3) in `inputs.l[5]`"),
    ("inputs.l[007]", "array index 7 out of bounds (size: 3) in `inputs.l[007]`"),
    ("inputs.s[0]", "cannot index into non-array value at [0] in `inputs.s[0]`"),
    ("inputs[0].s", "cannot index into non-array value at [0] in `inputs[0].s`"),
    ("inputs.l[1][0][0]", "cannot index into non-array value at [0] in `inputs.l[1][0][0]`"),
    ("inputs.z[0]", f"{UNKNOWN}: `z` in `inputs.z[0]`"),
    ("inputs.l[x]", "invalid array index in `inputs.l[x]`: `x` is not a valid index"),
    ("inputs.l[]", "invalid array index in `inputs.l[]`: `` is not a valid index"),
    ("inputs.l[-1]", "invalid array index in `inputs.l[-1]`: `-1` is not a valid index"),
    ("inputs.l[0", "invalid array index in `inputs.l[0`: missing closing bracket"),
    ("inputs.l[0]x", "invalid array index syntax in `inputs.l[0]x`"),
    ("inputs.e-f[0]", "invalid array index syntax in `inputs.e-f[0]`"),
    ("inputs.[0]", "invalid indexed access without a key in `inputs.[0]`"),
    (
        "inputs.l[0][0][0][0][0][0]",
        "too many array indices in `inputs.l[0][0][0][0][0][0]` (maximum depth: 5)",
    ),
    (
        "inputs.s | shout",
        "no function matching `shout`: check that the function name, arguments, and types are correct",
    ),
    (
        "inputs.s || truncate(0,1)",
        "no function matching ``: check that the function name, arguments, and types are correct",
    ),
    (
        "inputs.s | truncate(0) | expand_vars | posix_escape()",
        "no function matching `truncate(0)`: check that the function name, arguments, and types are correct, "
        "no function matching `posix_escape()`: check that the function name, arguments, and types are correct",
    ),
    ("inputs.s | a | b | c | d", "too many functions in interpolation block"),
    ("inputs.z | a | b | c | d", f"{UNKNOWN}: `z` in `inputs.z`"),
    (
        "inputs.n | shout",
        "no function matching `shout`: check that the function name, arguments, and types are correct",
    ),
    *(
        (f"inputs.{name} | {call}", f"error in `{function}` function: invalid input type: {words}")
        for name in ("n", "t", "l")
        for call, function in (("truncate(0,1)", "truncate"), ("expand_vars", "expand_vars"), ("posix_escape",) * 2)
        for words in [f"{function} can only be used with string inputs"]
    ),
]


@pytest.mark.parametrize(("block", "message"), SAID)
def test_what_gitlab_says_of_a_block(block: str, message: str) -> None:
    found = with_inputs(ALL, f"a: {{script: 'x $[[ {block} ]]'}}")
    assert found.gitlab == message
    assert found.damaged == {"a"}
    assert isinstance(found.content["a"]["script"], Unknown)


def test_gitlab_stops_at_the_first_block_and_we_tell_each_once() -> None:
    body = (
        "a:\n  script: 'x $[[ inputs.z ]]'\n  $[[ inputs.y ]]: $[[ inputs.z ]]\nb: {script: [\"$[[ inputs.mnit ]]\"]}"
    )
    found = with_inputs("mint: {default: 1}", body)
    assert found.gitlab == f"{UNKNOWN}: `z` in `inputs.z`"
    assert [problem.at[:4] for problem in found.problems] == [(4, 14, 4, 29), (5, 3, 5, 18), (6, 15, 6, 33)]
    assert [problem.suggestion for problem in found.problems] == ["", "", "mint"]
    assert found.damaged == {"a", "b"}


def test_a_block_in_a_text_of_several_lines_is_told_where_the_text_stands() -> None:
    found = with_inputs(S, "a:\n  script: |\n    one\n    $[[ inputs.z ]]\n")
    assert [problem.at[:2] for problem in found.problems] == [(4, 11)]


@pytest.mark.parametrize(
    ("text", "inputs", "wanted"),
    [
        ("$[[ inputs.a ]]", "a: {default: '$[[ inputs.b ]]'}, b: {default: x}", "$[[ inputs.b ]]"),
        ("$[[ inputs.a ]] $[[ inputs.b ]]", "a: {default: '$[[ inputs.b ]]'}, b: {default: x}", "x x"),
        ("<$[[ inputs.a ]]>", r"a: {default: 'a\\b\0\z'}", r"<a\b$[[ inputs.a ]]\z>"),
        ("$[[ inputs.a ]]", r"a: {default: 'a\\b\0\z'}", r"a\\b\0\z"),
    ],
)
def test_values_are_put_into_a_text_as_ruby_does_it(text: str, inputs: str, wanted: str) -> None:
    assert value(inputs, text) == wanted


def test_many_blocks_in_one_text() -> None:
    text = "".join(f"$[[ inputs.s | truncate({n % 3},1) ]]" for n in range(300))
    assert value(S, text) == "min" * 100


def test_keys_and_lists() -> None:
    inputs = f"{S}, {N}, f: {{type: array, default: [x, [y]]}}, t: {{type: boolean, default: true}}"
    body = (
        "$[[ inputs.s ]]-$[[ inputs.n ]]: {script: [a, '$[[ inputs.f ]]', ['$[[inputs.f]]']]}\n"
        "$[[ inputs.n ]]: 1\n$[[ inputs.t ]]: 2\n$[[ inputs.f ]]: 3\n:s-$[[ inputs.s ]]: :sym\n5: {~: 6}\n"
        ".r: [!reference ['.$[[ inputs.s ]]', k]]"
    )
    found = with_inputs(inputs, body)
    assert found.content == {
        "mint-3": {"script": ["a", "x", ["y"], ["x", ["y"]]]},
        **{3: 1, True: 2, ("x", ("y",)): 3, "s-mint": "sym", 5: {None: 6}},
        ".r": [[".$[[ inputs.s ]]", "k"]],
    }
    assert found.content.keys_at["mint-3"] == (3, 1, 3, 32, PATH)
    script = found.content["mint-3"]["script"]
    assert len(script.items_at) == 4
    assert script.items_at[1] == script.items_at[2]


def test_a_key_that_comes_twice_is_the_last() -> None:
    assert with_inputs(S, "$[[ inputs.s ]]: 1\nmint: 2").content == {"mint": 2}


VARIABLES = Scope({"A": "one", "UNSET": None})


@pytest.mark.parametrize(
    ("default", "scope", "wanted", "is_open"),
    [
        ("$A ${A} %A% $$A", VARIABLES, "one one one $one", False),
        ("$UNSET", VARIABLES, "$UNSET", False),
        ("$OTHER $A", VARIABLES, "$OTHER one", True),
        ("$OTHER", Scope({}, complete=True), "$OTHER", False),
        ("no variable", Scope(), "no variable", False),
    ],
)
def test_variables_that_are_known_are_expanded(default: str, scope: Scope, wanted: str, is_open: bool) -> None:
    around = Surroundings(Project({}.get, scope=scope))
    found = value(f"x: {{default: '{default}'}}", "$[[ inputs.x | expand_vars ]]", around=around)
    assert (found, isinstance(found, Unknown)) == (wanted, is_open)


@pytest.mark.parametrize(
    ("default", "wanted"),
    [("a b", r"a\ b"), ("é%~", r"\é\%\~"), ("a@b.c:d/e+f-g,h_i", "a@b.c:d/e+f-g,h_i"), ("$X;", r"\$X\;")],
)
def test_posix_escape(default: str, wanted: str) -> None:
    assert value(f'x: {{default: "{default}"}}', "$[[ inputs.x | posix_escape ]]") == wanted


def test_posix_escape_of_lines() -> None:
    assert value('x: {default: "a\\nb"}', "$[[ inputs.x | posix_escape ]]") == "a'\n'b"


def test_what_nobody_knows_stays_open_through_functions() -> None:
    for function in ("truncate(0,2)", "expand_vars", "posix_escape"):
        found = value("x: ", f"$[[ inputs.x | {function} ]]", stand_ins=True)
        assert (found, isinstance(found, Unknown)) == ("$INPUT_x", True)


COMPONENT = "spec: {component: [name, version]}"


def test_fields_of_a_component() -> None:
    body = "a: {script: '$[[ component.name ]] $[[ component.version ]]'}"
    assert made(COMPONENT, body).gitlab == f"{UNKNOWN}: `name` in `component.name`"
    assert isinstance(made(COMPONENT, body, stand_ins=True).content["a"]["script"], Unknown)
    known = Surroundings(component={"name": "n", "version": "1.0", "sha": "abc"})
    assert made(COMPONENT, body, known).content["a"]["script"] == "n 1.0"
    assert (
        made(COMPONENT, "a: {script: '$[[ component.sha ]]'}", known).gitlab == f"{UNKNOWN}: `sha` in `component.sha`"
    )


LIMITS = [
    ("_NODES", 8, "config too large"),
    ("_BLOCKS", 2, "too many interpolation blocks"),
    ("_TEXT", 40, "config node too large"),
    ("_MADE", 50, "config too large"),
]


@pytest.mark.parametrize(("limit", "at", "message"), LIMITS)
def test_limits(limit: str, at: int, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "a: {script: ['$[[ inputs.s ]]', 'and a text of more than forty characters $[[inputs.s]] $[[  inputs.s ]]']}"
    assert with_inputs(S, body).messages == []
    monkeypatch.setattr(interpolate, limit, at)
    monkeypatch.setattr(interpolate, "_SMALL", 10)
    found = with_inputs(S, body)
    assert found.gitlab == message
    assert found.damaged == {"a"}


def test_nodes_are_counted_as_ruby_counts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpolate, "_NODES", 1 + 2 + 1 + 2 + 1 + 1 + 2)
    body = "a:\n  script:\n    - x\n    - :y"
    assert with_inputs(S, body).messages == []
    assert with_inputs(S, f"{body}\n    - 1").gitlab == "config too large"


def test_a_bomb_of_blocks_is_stopped() -> None:
    body = "a: {script: '" + "$[[ inputs.x ]]" * 2000 + "'}"
    assert with_inputs(f"x: {{default: {'b' * 100_000}}}", body).gitlab == "config too large"


def test_a_text_of_more_than_a_mebibyte() -> None:
    text = "é" * (512 * 1024)
    assert with_inputs(S, f"a: {{script: '{text}'}}").gitlab == ""
    assert with_inputs(S, f"a: {{script: '{text}x'}}").gitlab == "config node too large"


NAMES = st.sampled_from(["s", "n", "l", "e-f", "zz", "l[1]", "l[9]", "l[", "j[0].k", "s.t", ""])
FUNCTIONS = st.sampled_from(
    ["", " | truncate(0,2)", " | truncate", " | expand_vars", " | posix_escape", "|", " | | | |"]
)
BLOCKS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["$[[ inputs.", "$[[", "$[[ matrix.", "$[[ component."]),
    NAMES,
    FUNCTIONS,
    st.just(" ]]"),
)
TEXTS = st.lists(st.one_of(BLOCKS, st.sampled_from(["", " ", "]]", "$[[", "[", "x"])), max_size=4).map("".join)
TREES = st.recursive(
    st.one_of(TEXTS, st.integers(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)


def marks(value: Any) -> list[Mark]:
    if isinstance(value, Map):
        inside = [*value.keys_at.values(), *value.values_at.values()]
        return [value.at, *inside, *(mark for part in value.values() for mark in marks(part))]
    if isinstance(value, Seq):
        return [value.at, *value.items_at, *(mark for part in value for mark in marks(part))]
    return []


def interpolated(tree: Any) -> tuple[Made, str]:
    import json

    body = json.dumps({"top": tree})
    return with_inputs(ALL, body), f"spec: {{inputs: {{{ALL} }}}}\n---\n{body}\n"


@given(TREES)
def test_anything_gets_an_answer_within_the_file(tree: Any) -> None:
    found, text = interpolated(tree)
    lines = text.split("\n")
    for mark in [*marks(found.content), *(problem.at for problem in found.problems)]:
        assert mark[4] == PATH
        assert 0 < mark[0] <= mark[2] <= len(lines)
        assert mark[1] > 0
        assert mark[3] <= len(lines[mark[2] - 1]) + 1
    assert bool(found.problems) == bool(found.gitlab)


@given(TREES)
def test_a_text_without_blocks_stays_as_it_is(tree: Any) -> None:
    import json

    body = json.dumps({"top": tree}).replace("$[", "$(")
    found = with_inputs(ALL, body)
    assert found.content == json.loads(body)
    assert found.problems == []
