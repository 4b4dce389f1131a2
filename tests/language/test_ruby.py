"""Values as Ruby writes them."""

import pytest

from ci_kit.language.ruby import inspected, joined, text
from ci_kit.source.reader import read

WRITTEN = [
    *(
        ("a", "a", '"a"'),
        ("~", "", "nil"),
        ("yes", "true", "true"),
        ("1", "1", "1"),
        ("1.0", "1.0", "1.0"),
        (":s", "s", ":s"),
    ),
    *(("1.0e+20", "1.0e+20", "1.0e+20"), ("0.00001", "1.0e-05", "1.0e-05"), ("100000.0", "100000.0", "100000.0")),
    *(
        ("1140789168110798.5", "1140789168110798.5", "1140789168110798.5"),
        ("4526286064246854.0", "4.526286064246854e+15", "4.526286064246854e+15"),
        ("1.0e+16", "1.0e+16", "1.0e+16"),
        ("{-.inf: 1, .nan: 2}", "{-Infinity=>1, NaN=>2}", "{-Infinity=>1, NaN=>2}"),
        (".inf", "Infinity", "Infinity"),
        ("-.inf", "-Infinity", "-Infinity"),
        (".nan", "NaN", "NaN"),
        ("-0.0", "-0.0", "-0.0"),
    ),
    *(("[a, ~, [1]]", '["a", nil, [1]]', '["a", nil, [1]]'), ("[]", "[]", "[]"), ("{}", "{}", "{}")),
    *(("{a: 1, 'b c': ~, 3: x}", '{:a=>1, :"b c"=>nil, 3=>"x"}', '{:a=>1, :"b c"=>nil, 3=>"x"}'),),
    *(('"é\\t\\e\\x01#{x}#y"', "é\t\x1b\x01#{x}#y", '"é\\t\\e\\u0001\\#{x}#y"'), ('"\\u200b"', "\u200b", '"\u200b"')),
    *(('"\\u0084\\u0085\\u2028"', "\x84\x85\u2028", '"\\u0084\x85\\u2028"'),),
]


@pytest.mark.parametrize(("yaml", "as_text", "inspect"), WRITTEN)
def test_written(yaml: str, as_text: str, inspect: str) -> None:
    value = read(f"a: {yaml}\n", "f").data["a"]
    assert text(value) == as_text
    assert inspected(value) == inspect


def test_joined() -> None:
    assert joined(["", [], ["a", ["b", 1]], None]) == ", , a, b, 1, "


def test_a_container_as_key_is_printed_as_ruby_prints_it() -> None:
    data = read("? [a, !ruby/symbol b, null, {c: d, yes: 1.5}]\n: 1\n", "f").data
    assert [text(key) for key in data] == ['["a", :b, nil, {"c"=>"d", true=>1.5}]']
