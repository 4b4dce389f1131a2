"""`inputs:` of a job: every sentence of GitLab's, in its order."""

from typing import Any

import pytest

from ci_kit.language.keywords.inputs import inputs
from ci_kit.source.reader import read

F = ":inputs:f"
DEFAULT = f"{F} must have a default value"
MANY = ", ".join(f"i{n}: {{default: 1}}" for n in range(51))

ROWS: list[tuple[str, list[str]]] = [
    ("", []),
    ("{}", []),
    ("{f: {default: v}}", []),
    ("{f: {default: '3', type: number, options: [3]}}", []),
    ("{f: {default: v, type: }}", []),
    ("{f: {default: v, description: 5, regex: v}}", []),
    ("[f]", [":inputs config should be a hash"]),
    ("text", [":inputs config should be a hash"]),
    ("false", [":inputs config should be a hash"]),
    ("{f: {type: string}}", [DEFAULT]),
    ("{f: {default: }}", [DEFAULT]),
    ("{f: }", [DEFAULT]),
    ("{f: false}", [DEFAULT]),
    ("{f: {default: false, type: boolean}}", []),
    ("{f: text}", [f"{F} config should be a hash"]),
    ("{f: {default: v, type: nope}}", [f"{F} input type unknown value: nope"]),
    ("{f: {default: v, regex: 5}}", [f"{F} input regex should be a string"]),
    ("{f: {default: v, options: v}}", [f"{F} input options should be an array"]),
    ("{f: {default: v, options: [v, ~]}}", [f"{F} config options array cannot contain null values"]),
    ("{f: {default: a, rules: []}}", [f"{F} config contains unknown keys: rules"]),
    (
        "{f: {rules: [], foo: 1, description: [], type: x, regex: 1, options: 1}}",
        [
            f"{F} input description must be an alphanumeric string",
            f"{F} input regex should be a string",
            f"{F} input type unknown value: x",
            f"{F} input options should be an array",
            f"{F} config contains unknown keys: rules, foo",
            DEFAULT,
        ],
    ),
    ("{yes: {default: a}}", [":inputs:true key must be an alphanumeric string"]),
    ("{~: {default: a}}", [":inputs:job input key must be an alphanumeric string"]),
    ("{f: {default: v, type: number}}", [" inputs `f`: default value is not a number"]),
    ("{f: {default: v, type: array}}", [" inputs `f`: default value is not an array"]),
    ("{f: {default: 1, type: boolean}}", [" inputs `f`: default value is not a boolean"]),
    (
        "{f: {default: v, options: [w]}}",
        [" inputs `f`: `v` cannot be used because it is not in the list of allowed options"],
    ),
    (
        "{f: {default: v, type: number, options: [1], regex: a}, g: {default: v, regex: '^w'}}",
        [
            " inputs `f`: default value is not a number",
            " inputs `f`: `v` cannot be used because it is not in the list of the allowed options",
            " inputs `f`: RegEx validation can only be used with string inputs",
            " inputs `g`: default value does not match required RegEx pattern",
        ],
    ),
    ("{f: {default: v, type: number}, g: }", [":inputs:g must have a default value"]),
    (f"{{{MANY}}}", [" inputs has too many entries (maximum 50)"]),
    (f"{{{MANY}, f: {{default: v, type: number}}}}", [" inputs has too many entries (maximum 50)"]),
    (f"{{{MANY}, f: }}", [DEFAULT]),
]


def value(text: str) -> Any:
    return read(f"inputs: {text}", "f").data["inputs"]


@pytest.mark.parametrize(("text", "words"), ROWS)
def test_what_gitlab_says(text: str, words: list[str]) -> None:
    assert [fault.text for fault in inputs(value(text))] == words


def test_a_type_that_is_a_symbol_is_known_to_the_first_check_only() -> None:
    words = "unknown input specification for `f` (valid types: array, boolean, number, string)"
    found = list(inputs(read("inputs:\n  f:\n    type: :string\n    default: v\n", "f").data["inputs"]))
    assert [fault.text for fault in found] == [f" inputs {words}"]
    assert found[0].path == ("inputs", "f", "type")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{f: {default: v, type: nope}}", ("inputs", "f", "type")),
        ("{f: {default: v, foo: 1}}", ("inputs", "f", "foo")),
        ("{f: {default: v, type: number}}", ("inputs", "f", "default")),
        ("{f: }", ("inputs", "f")),
    ],
)
def test_where_it_is(text: str, path: tuple[str, ...]) -> None:
    assert [fault.path for fault in inputs(value(text))] == [path]
