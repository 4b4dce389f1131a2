"""Values of inputs: their types, options, patterns and rules, and what GitLab says when they do not fit."""

from typing import Any

import pytest

from ci_kit.language.unknown import Unknown
from tests.language.header_file import value, with_inputs

TYPED = [
    ("x: {default: v}", "v"),
    ("x: {default: }", ""),
    ("x: {default: 5}", "5"),
    ("x: {default: 1.50}", "1.5"),
    ("x: {default: 1.0e+20}", "1.0e+20"),
    ("x: {default: true}", "true"),
    ("x: {default: [a, 1, ~, {k: v}]}", '["a", 1, nil, {"k"=>"v"}]'),
    ("x: {default: {k: 1}}", '{"k"=>1}'),
    ('x: {default: ["3"]}', '["3"]'),
    ("x: {default: '3', type: number}", 3),
    ("x: {default: 1e3, type: number}", 1000.0),
    ("x: {default: 1.5, type: number}", 1.5),
    ("x: {default: 'true', type: boolean}", True),
    ("x: {default: yes, type: boolean}", True),
    ("x: {default: '[1, {\"k\": null}]', type: array}", [1, {"k": None}]),
    ("x: {default: [], type: array}", []),
    ("x: {default: b, options: [a, b]}", "b"),
    ("x: {default: 1, options: ['1']}", "1"),
    ("x: {default: 1, type: number, options: [1.0]}", 1),
    ("x: {default: xx1yy, regex: '\\d'}", "xx1yy"),
    ("x: {default: , regex: ^$, options: ['']}", ""),
    ("x: {default: a, type: string}", "a"),
]


@pytest.mark.parametrize(("inputs", "wanted"), TYPED)
def test_the_value_in_its_type(inputs: str, wanted: Any) -> None:
    found = value(inputs, "$[[ inputs.x ]]")
    assert (found, type(found) is bool) == (wanted, type(wanted) is bool)
    assert with_inputs(inputs).messages == []


GIVEN = [
    ("x:", {"x": "v"}, "v"),
    ("x:", {"x": 5}, "5"),
    ("x: {default: d}", {"x": None}, "d"),
    ("x: {default: d}", {"x": ""}, ""),
    ("x: {default: 1, type: number}", {"x": "2"}, 2),
]


@pytest.mark.parametrize(("inputs", "given", "wanted"), GIVEN)
def test_what_is_given_wins(inputs: str, given: dict[str, Any], wanted: Any) -> None:
    assert value(inputs, "$[[ inputs.x ]]", given=given) == wanted


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("x:", {}, "`x` input: required value has not been provided"),
    ("x: {}", {"x": None}, "`x` input: required value has not been provided"),
    ("x: {rules: []}", {}, "`x` input: required value has not been provided"),
    ("x: {default: 1}", {"y": 1, "z": 2}, "unknown input arguments: y, z"),
    ("x:", {"y": 1}, "unknown input arguments: y, `x` input: required value has not been provided"),
    ("x: {default: a, type: number}", {}, "`x` input: default value is not a number"),
    ("x: {default: true, type: number}", {}, "`x` input: default value is not a number"),
    ("x: {default: 'null', type: number}", {}, "`x` input: default value is not a number"),
    ("x: {default: .nan, type: number}", {}, ""),
    ("x: {default: NaN, type: number}", {}, "`x` input: default value is not a number"),
    ("x: {default: 'yes', type: boolean}", {}, "`x` input: default value is not a boolean"),
    ("x: {default: 1, type: boolean}", {}, "`x` input: default value is not a boolean"),
    ("x: {default: a, type: array}", {}, "`x` input: default value is not an array"),
    ("x: {default: , type: number}", {}, "`x` input: default value is not a number"),
    ("x: {default: , type: boolean}", {"x": True}, "`x` input: default value is not a boolean"),
    ("x: {default: , type: array}", {}, "`x` input: default value is not an array"),
    ("x: {default: , regex: a}", {}, "`x` input: default value does not match required RegEx pattern"),
    (
        "x: {default: , options: [a]}",
        {},
        "`x` input: `` cannot be used because it is not in the list of allowed options",
    ),
    ("x: {default: {a: 1}, type: array}", {}, "`x` input: default value is not an array"),
    ("x: {type: number}", {"x": "a"}, "`x` input: provided value is not a number"),
    (
        "x: {default: a, type: number}",
        {"x": "b"},
        "`x` input: default value is not a number, `x` input: provided value is not a number",
    ),
    (
        "x: {default: c, options: [a, b]}",
        {},
        "`x` input: `c` cannot be used because it is not in the list of allowed options",
    ),
    (
        "x: {default: a, options: []}",
        {},
        "`x` input: `a` cannot be used because it is not in the list of allowed options",
    ),
    (
        "x: {default: 2, type: number, options: [1, '2']}",
        {},
        "`x` input: `2` cannot be used because it is not in the list of the allowed options",
    ),
    (
        "x: {default: 1, type: number, options: [true]}",
        {},
        "`x` input: `1` cannot be used because it is not in the list of the allowed options",
    ),
    (
        "x: {default: true, type: boolean, options: [true]}",
        {},
        "`x` input: Options can only be used with string and number inputs",
    ),
    (
        "x: {default: [a], type: array, options: []}",
        {},
        "`x` input: Options can only be used with string and number inputs",
    ),
    ("x: {default: a, regex: ^b}", {}, "`x` input: default value does not match required RegEx pattern"),
    ("x: {regex: ^b}", {"x": "a"}, "`x` input: provided value does not match required RegEx pattern"),
    ("x: {default: a, regex: (}", {}, "`x` input: invalid regular expression"),
    ("x: {default: a, regex: (?=a)}", {}, "`x` input: invalid regular expression"),
    (
        "x: {default: 3, type: number, regex: a}",
        {},
        "`x` input: RegEx validation can only be used with string inputs",
    ),
    (
        "x: {default: c, options: [a], regex: ^b}",
        {},
        "`x` input: `c` cannot be used because it is not in the list of allowed options, "
        "`x` input: default value does not match required RegEx pattern",
    ),
    (
        "a: , b: , c: , d: ",
        {},
        "`a` input: required value has not been provided, `b` input: required value has not been provided, "
        "`c` input: required value has not been provided",
    ),
    (
        "x: {default: a, type: }",
        {},
        "unknown input specification for `x` (valid types: array, boolean, number, string)",
    ),
]


@pytest.mark.parametrize(("inputs", "given", "message"), WRONG)
def test_what_gitlab_says_of_a_value(inputs: str, given: dict[str, Any], message: str) -> None:
    assert with_inputs(inputs, given=given).gitlab == message


def test_every_wrong_default_is_told_at_its_place() -> None:
    found = with_inputs(
        "a: {default: x, type: number}, b: {default: y, type: array}, c: {default: z, options: [q]}, d: "
    )
    assert [problem.at[1] for problem in found.problems] == [30, 61, 91, 109]
    assert len(found.messages) == 4


DEEP = "[" * 101 + "]" * 101


@pytest.mark.parametrize("text", [DEEP, "[" * 100_000, "1" * 5000, '{"a":' * 2000], ids=["deep", "open", "long", "map"])
def test_json_that_is_too_much_is_a_text(text: str) -> None:
    assert with_inputs(f"x: {{default: '{text}', type: array}}").gitlab == "`x` input: default value is not an array"


ENV = "env: {default: dev, options: [dev, prod]}"
BY_RULE = (
    f"{ENV}, size: {{rules: [{{if: '$[[ inputs.env ]] == \"prod\"', options: [big, huge], default: big}}, "
    "{options: [small], default: small}]}"
)


@pytest.mark.parametrize(
    ("given", "wanted", "message"),
    [
        ({}, "small", ""),
        ({"env": "prod"}, "big", ""),
        ({"env": "prod", "size": "huge"}, "huge", ""),
        ({"size": ""}, "small", ""),
        (
            {"size": "huge"},
            None,
            "`size` input: `huge` cannot be used because it is not in the list of allowed options",
        ),
    ],
)
def test_the_first_rule_that_holds_decides(given: dict[str, Any], wanted: str | None, message: str) -> None:
    assert with_inputs(BY_RULE, given=given).gitlab == message
    if wanted is not None:
        assert value(BY_RULE, "$[[ inputs.size ]]", given=given) == wanted


def test_a_rule_that_nobody_can_decide_leaves_the_value_open() -> None:
    rules = BY_RULE.replace("{default: dev, options: [dev, prod]}", "")
    assert isinstance(value(rules, "$[[ inputs.size ]]", stand_ins=True), Unknown)
    assert with_inputs(rules, stand_ins=True, given={"size": "anything"}).messages == []


def test_an_input_that_is_declared_later_is_not_set_yet() -> None:
    later = "size: {rules: [{if: '$[[ inputs.env ]] == null', default: first}, {default: second}]}, env: {default: dev}"
    assert value(later, "$[[ inputs.size ]]") == "first"


STAND_INS = [
    ("x:", "$INPUT_x"),
    ("x: {type: number}", 1),
    ("x: {type: boolean}", True),
    ("x: {type: array}", []),
    ("x: {options: [b, c]}", "b"),
    ("x: {type: number, options: [7, 8]}", 7),
    ("x: {default: d}", "d"),
]


@pytest.mark.parametrize(("inputs", "wanted"), STAND_INS)
def test_a_component_has_stand_ins(inputs: str, wanted: Any) -> None:
    assert value(inputs, "$[[ inputs.x ]]", stand_ins=True) == wanted
    assert with_inputs(inputs, stand_ins=True).messages == []


def test_a_missing_value_is_told_where_the_values_are_given() -> None:
    at = (7, 3, 7, 9, "root.yml")
    assert [problem.at for problem in with_inputs("x:", at=at).problems] == [at]
