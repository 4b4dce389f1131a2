"""What is emitted is read back equal, by our reader and by PyYAML where the two agree."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.source.emitter import Commented, emit
from ci_kit.source.reader import read
from ci_kit.source.value import NOWHERE, Reference, Symbol

TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.text(st.sampled_from("a1 :#-?|>'\"\\\n\t{}[],&*!%@`~.=<yno0_e+\r\x85\u2028\ufeff"), max_size=12),
)
LOOKS_ELSE = st.sampled_from(
    [
        "yes",
        "On",
        "~",
        "null",
        "1",
        "1_0",
        "0x1",
        "1:30",
        "1.5",
        ".inf",
        ":a",
        "2026-01-01",
        "2026-01-01 10:00:00",
        "<<",
    ]
)
KEY = TEXT | LOOKS_ELSE | TEXT.map(Symbol)
SCALAR = st.one_of(
    TEXT, LOOKS_ELSE, TEXT.map(Symbol), st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False)
)
VALUE = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4), max_leaves=20
)


def same(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


@given(VALUE)
def test_what_is_emitted_reads_back_equal(value: Any) -> None:
    text = emit(value)
    assert same(value, read(text, "f").data), text


@given(VALUE, st.text("abc #:\n", max_size=20))
def test_comments_change_nothing(value: Any, comment: str) -> None:
    commented = {"a": Commented(value, comment), "b": [Commented(value, comment)]}
    text = emit(commented, head=comment)
    assert same({"a": value, "b": [value]}, read(text, "f").data), text


def test_the_style() -> None:
    document = {
        "build": Commented(
            {"image": "docker:28.5.2-cli", "script": ["make", "a: b\nc\n"], "variables": {"A": "1", "B": "yes"}},
            "One job.\nTwo lines.",
        ),
        "empty": {},
        "rules": [{"if": '$A == "b"', "when": "never"}, {"when": "always"}],
    }
    assert emit(document, head="Head") == (
        "# Head\n"
        "# One job.\n"
        "# Two lines.\n"
        "build:\n"
        "  image: docker:28.5.2-cli\n"
        "  script:\n"
        "    - make\n"
        "    - |\n"
        "      a: b\n"
        "      c\n"
        "  variables:\n"
        '    A: "1"\n'
        '    B: "yes"\n'
        "empty: {}\n"
        "rules:\n"
        '  - if: $A == "b"\n'
        "    when: never\n"
        "  - when: always\n"
    )


@pytest.mark.parametrize("text", ["1e3", "0o17", "y", "2026-01-01", "12:30", "1_000", "0x1f", ".inf", "null", "~", "="])
def test_what_some_reader_takes_for_something_else_is_quoted(text: str) -> None:
    assert emit([text]) == f'- "{text}"\n'


def test_containers_and_numbers_that_are_keys_are_read_back() -> None:
    text = '? {a: b, 1: [x, "q\\"r", {}], "": [], true: {c: "a: b, ["}}\n: c\n[a, [1.5, "x y"], "#"]: [z]\n'
    text += "[]: 1\n1: a\n1.0: b\ntrue: c\n"
    data = read(text, "f").data
    assert len(data) == 6
    again = read(emit(data), "f").data
    assert (list(again), again) == (list(data), data)


def test_a_reference_is_written_as_gitlab_reads_it() -> None:
    reference = Reference(NOWHERE)
    reference.extend([".base", "script"])
    text = emit({"script": [reference]})
    assert text == "script:\n  - !reference [.base, script]\n"
    assert isinstance(read(text, "f").data["script"][0], Reference)


def test_floats_are_floats_to_psych() -> None:
    for value in (1e300, 1.5, -2e-9, math.inf):
        assert read(emit(value), "f").data == value


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="set has no form"):
        emit({1, 2})
