"""Values as Ruby writes them; each row was seen in Ruby 3.1."""

from typing import Any

import pytest

from ci_kit.language.ruby import StringKeyed, inspected, replaced, text
from ci_kit.source.value import NOWHERE, Symbol


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        *((1e14, "100000000000000.0"), (1e15, "1.0e+15"), (1e16, "1.0e+16"), (-1.5e15, "-1.5e+15")),
        *((1234567890123456.0, "1.234567890123456e+15"), (1.5e-7, "1.5e-07"), (5e-324, "5.0e-324")),
        *((0.0001, "0.0001"), (0.00001, "1.0e-05"), (-0.0, "-0.0"), (1e100, "1.0e+100"), (1.0, "1.0")),
        *((float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity")),
        *((None, ""), (True, "true"), (False, "false"), (Symbol("s"), "s"), (7, "7"), ("a", "a")),
        *(([], "[]"), ({}, "{}"), ([None, [True]], "[nil, [true]]"), (["a\nb", 'q"x'], r'["a\nb", "q\"x"]')),
        *((["\x1b\t\\"], r'["\e\t\\"]'), (["#{x} #$y #z"], r'["\#{x} \#$y #z"]'), (["\x01\x7f"], r'["\u0001\u007F"]')),
        ([Symbol("k"), Symbol("a-b"), Symbol("a?"), Symbol("")], '[:k, :"a-b", :a?, :""]'),
        ({"a": 1, "b": "x", 3: 4, "c d": None}, '{:a=>1, :b=>"x", 3=>4, :"c d"=>nil}'),
    ],
)
def test_as_text(value: Any, wanted: str) -> None:
    assert text(value) == wanted


def test_keys_that_are_strings() -> None:
    made = StringKeyed(NOWHERE)
    made["a"] = 1
    assert inspected(made) == '{"a"=>1}'


def test_an_integer_that_python_does_not_write_is_written() -> None:
    assert text(16**5000).startswith("0x1000")


@pytest.mark.parametrize(
    ("new", "wanted"),
    [
        *((r"\d+", r"ab \d+ cd"), (r"a\\b", r"ab a\b cd"), (r"\0", "ab X cd"), (r"\&", "ab X cd"), (r"\1", "ab  cd")),
        *((r"\`", "ab ab  cd"), (r"\'", "ab  cd cd"), ("\\", "ab \\ cd"), (r"\ z", r"ab \ z cd"), ("", "ab  cd")),
    ],
)
def test_what_is_put_into_a_text(new: str, wanted: str) -> None:
    assert replaced("ab X cd", "X", new) == wanted
