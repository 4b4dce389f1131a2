"""RE2: what it takes, what it finds, and that it always answers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.language.pattern import is_literal, is_pattern, pattern
from ci_kit.language.re2 import compiled, is_found

TAKEN = [
    *("", "a", "a{,5}", "a{01}", "a{", "a{1", "a{1,", "a{1000000000}", "a{1000}", "a{0}", "(a{100}){10}", "x{2,}?"),
    *(
        "a*?",
        "a+?",
        "a??",
        "(|a)*",
        "()*",
        "^*",
        "(?:^)*",
        "(?i)",
        "(?)",
        "(?i-s:a)",
        "(?imsU)a",
        "(?i)a(?-i)b",
        "(?U)a*",
    ),
    *(
        "(?P<n>a)",
        "(?<n>a)",
        "(?<1>a)",
        "(?P<n>a)(?P<n>b)",
        "]",
        "}",
        "[]a]",
        "[^]a]",
        "[a-]",
        "[-a]",
        "[\\d-z]",
        "[[:foo]",
    ),
    *("[[:alpha:]_]", "[[:^word:]]", "[[]", r"\pL", r"\p{Greek}", r"\p{^Lu}", r"\PN", r"\p{Any}", r"[\pL\d]", r"\C"),
    *(r"\A\z\b\B", r"\a\f\t\n\r\v", r"\07", r"\12", r"\x41", r"\x{10FFFF}", r"\x{0000041}", r"\_", r"\-\/\.", r"[\]]"),
    *(
        r"\Qa(b\E",
        r"\Q(*",
        r"\Qab\E*",
        r"a*\Q\E*",
        "a*(?i)*",
        "é+",
        "(" * 3000 + ")" * 3000,
        ".{1000}",
        "a\nb",
        r"\pN{1000}",
    ),
]
REFUSED = [
    *("(", ")", "(a", "a)", "[", "[a", "[]", "[^", "*", "+a", "?", "|*", "(*)", "(?i)*", r"\Q\E*", "a**", "a+*", "a*+"),
    *(
        "a++",
        "a?+",
        "a{2}{3}",
        "a{2}*",
        "a{1001}",
        "a{2,1}",
        "a{1001,}",
        "a{0,1001}",
        "(a{100}){11}",
        "((a{10}){10}){11}",
    ),
    *("(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "(?#a)", "(?|a)", "(?(1)a)", "(?&n)", "(?P=n)", "(?P>n)", "(?R)"),
    *("(?P<n", "(?P<>a)", "(?< >a)", "(?P<a b>c)", "(?<n-1>a)", "(?x)a", "(?-)", "(?i-)", "(?--i)", "(?i", "(?^i)"),
    *(r"(a)\1", r"\8", r"\Z", r"\h", r"\R", r"\G", r"\K", r"\X", r"\N", r"\e", r"\E", r"\c", r"\é", "\\", r"\u0041"),
    *(
        r"\x",
        r"\x4",
        r"\xg1",
        r"\x{}",
        r"\x{110000}",
        r"\x{41",
        r"\p",
        r"\p{",
        r"\p{L",
        r"\p{Cn}",
        r"\p{greek}",
        r"\p^L",
    ),
    *("[z-a]", r"[a-\d]", r"[\b]", r"[\Qa]", "[[:foo:]]", "[[:alpha]:]", r"[\p{Foo}]", r"\pL{1000}", r"(?<n>a"),
]


@pytest.mark.parametrize("text", TAKEN)
def test_taken(text: str) -> None:
    assert compiled(text) is not None


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    assert compiled(text) is None


FOUND = [
    *(
        ("a$", "a\n", False),
        ("(?m)a$", "a\nb", True),
        ("(?m)^b", "a\nb", True),
        ("^b", "a\nb", False),
        ("^$", "", True),
    ),
    *(
        (".", "\n", False),
        ("(?s).", "\n", True),
        ("[^a]", "\n", True),
        (r"\s", "\v", False),
        ("[[:space:]]", "\v", True),
    ),
    *((r"\w", "é", False), (r"\d", "٣", False), (r"\bb\b", "a b c", True), (r"a\Bb", "ab", True), (r"\b", "", False)),
    *(("(?i)É", "é", True), ("(?i)k", "\u212a", True), ("(?i:a)b", "AB", False), ("(?i)i", "\u0131", False)),
    *(("(?i)a(?-i)b", "Ab", True), ("((?i)a)b", "AB", False), ("(?i)[^a]", "A", False), (r"(?i)\P{Lu}", "a", False)),
    *((r"\p{Greek}", "\u03b1", True), (r"\p{Greek}", "a", False), (r"\pL\PL", "é1", True), (r"\p{Han}", "語", True)),
    *((r"\p{Common}", "1", True), (r"\p{Any}", "x", True), (r"\p{Cyrillic}", "ж", True), (r"\pC", "\u0378", False)),
    *(
        (r"\x{e9}\x41\101", "éAA", True),
        (r"\Qa.b\Ec", "a.bc", True),
        (r"\Qa.b", "axb", False),
        ("a{,5}", "a{,5}", True),
    ),
    *(("^a{2,3}$", "aaa", True), ("^a{2,3}$", "aaaa", False), ("^(ab){2}$", "abab", True), ("^a{0}$", "a", False)),
    *(
        ("^(a|b|)c$", "c", True),
        ("^(?:a|b)+$", "abba", True),
        ("x*", "", True),
        ("a|b$", "bc", False),
        ("(?U)a+?b", "aab", True),
    ),
    *((r"^v\d+\.\d+(-rc\d+)?$", "v1.20-rc3", True), (r"^v\d+\.\d+(-rc\d+)?$", "v1.20-rc", False), (r"\C", "a", True)),
]


@pytest.mark.parametrize(("regex", "text", "is_there"), FOUND)
def test_found(regex: str, text: str, is_there: bool) -> None:
    made = compiled(regex)
    assert made is not None
    assert is_found(made, text) is is_there


@pytest.mark.parametrize(
    ("regex", "text"),
    [
        *(
            ("(a+)+$", "a" * 30000 + "b"),
            ("(a*)*b", "a" * 30000),
            ("(x+x+)+y", "x" * 3000),
            ("(?:" * 4000 + "a" + ")*" * 4000, "b"),
        ),
        *(
            ("(a|b|c|d)*e(a|b|c|d){14}f", "abcde" * 2000),
            ("a|" * 20000 + "b", "c"),
            ("[[:" * 20000, "x"),
            ("(" * 20000, "x"),
        ),
        *(("(?:a?){500}a{500}", "a" * 400), ("a{1000}b" * 60, "a" * 10000)),
    ],
)
def test_what_takes_others_for_ever_is_answered(regex: str, text: str) -> None:
    made = compiled(regex)
    assert made is None or is_found(made, text) in (True, False)


COMMON = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "^", r"\b", r"\d", ""]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("|".join),
        st.tuples(inner, st.sampled_from(["*", "+?", "?", "{2}", "{0,2}", "{1,}"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
    ),
    max_leaves=8,
)


@given(COMMON, st.text("ab1 \n", max_size=8))
def test_it_finds_what_python_finds(regex: str, text: str) -> None:
    made = compiled(regex)
    assert made is not None
    assert is_found(made, text) == (re.search(regex, text, re.A) is not None)


PIECES = st.sampled_from(
    [*"ab()[]{}|*+?.^$\\-:<>=!,1iPé", "(?", "(?:", "(?i)", "[[:alpha:]", r"\p{", r"\Q", r"\E", "{2}", r"\x{", r"\d"]
)


@given(st.lists(PIECES, max_size=10).map("".join), st.text(max_size=8))
def test_any_text_is_taken_or_refused(regex: str, text: str) -> None:
    made = compiled(regex)
    assert made is None or is_found(made, text) in (True, False)


@pytest.mark.parametrize(
    ("value", "literal", "good"),
    [
        *(
            ("/a/", True, True),
            ("//", True, True),
            ("/a/ismU", True, True),
            ("/a/ii", True, True),
            ("/a/g", False, False),
        ),
        *(
            ("/(/", True, False),
            ("/a/b/", True, True),
            (r"/a\/b/", True, True),
            ("a", False, False),
            ("/a", False, False),
        ),
        *(
            ("x\n/a/i\ny", True, True),
            ("/a\nb/", False, False),
            (5, False, False),
            (None, False, False),
            ("/", False, False),
        ),
    ],
)
def test_between_slashes(value: object, literal: bool, good: bool) -> None:
    assert is_literal(value) is literal
    assert is_pattern(value) is good


def test_flags_come_first() -> None:
    made = pattern("/^B$/im")
    assert made is not None
    assert made.source == "(?im)^B$"
    assert made.is_in("a\nb")
