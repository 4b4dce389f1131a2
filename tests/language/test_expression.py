"""Expressions: what GitLab can read, and what they come to with the variables that are known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.language.expression import crashes, is_expression, parse, truth, undecided_by
from ci_kit.language.scope import Scope

KNOWN = Scope({"A": "b", "E": "", "W": " ", "N": None, "T": "true", "P": "/^b/i", "V": "v1.2", "inputs.x": "i"}, True)

READ = [
    *("$A", "!$A", "!!$A", "! ( $A )", "'x'", "null", "true", "/foo/", '$A == ""', "$A\n&& $B", "$A=='b'", "$_1"),
    *("$A == true", "$A =~ /x\\/y/", "$[[ inputs.a-b ]] == 'x'", "$[[inputs.x]]", "$A == $B == $C", "(($A))"),
    *("$A =~ /abc//", "$A !", '== $A "b"', "$A ()", "!$A == 'b'", "$A =~ '/(/'", "$A =~ /.*/U", "/a b/ismU"),
    "!" * 98 + "$A",
    " && ".join(["$A"] * 50),
]
NOT_READ = [
    *("", " ", "()", "(", ")", "$A)", "($A", "$A $B", "$A &&", "&& $A", "!", "== ==", "$A && && $B", "nullable"),
    *("${A}", "%A%", "$A == b", "$A = 'b'", "$A === 'b'", "$A > 1", "1", "$A and $B", "NULL", "True", "trueish"),
    *("/b/", "//", "$A =~ /abc", "$A =~ /abc/x", "$A =~ /foo/bar/", "$A =~ /(/", "$A =~ /(?=x)y/", "$A # why"),
    *("$A == 'b", "'a\nb'", "$A-B", "$", "$[[ inputs.x", "$[[ matrix.x ]]", "$Ä", "$A\u00a0"),
    "!" * 99 + "$A",
]


@pytest.mark.parametrize("text", READ)
def test_gitlab_reads(text: str) -> None:
    assert is_expression(text)


@pytest.mark.parametrize("text", [*NOT_READ, 1, None, ["$A"], True])
def test_gitlab_does_not_read(text: object) -> None:
    assert not is_expression(text)


TRUTH = [
    *(("$A", True), ("$E", False), ("$W", False), ("$N", False), ("$GONE", False), ("null", False), ("true", True)),
    *(("!$A", False), ("!$E", True), ("!!$A", True), ("/foo/", True), ("'x'", True), ("''", False), ("false", False)),
    *(('$A == "b"', True), ("$A == 'c'", False), ("$A != 'c'", True), ("$GONE == null", True), ("$E == null", False)),
    *(("$GONE == ''", False), ("$E == ''", True), ("$T == true", True), ("$A == true", False), ("true == $T", True)),
    *(("!$A == 'b'", False), ("($A == 'b') == true", True), ("$N == $GONE", True), ("$A == $B", False)),
    *(
        ("$A =~ /^b/", True),
        ("$A =~ /^b$/", True),
        ("$A =~ /^B$/i", True),
        ("$A =~ '/B/i'", True),
        ("$A !~ /^x./", True),
    ),
    *(("$A =~ $P", True), ("$A !~ $P", False), ("$A =~ $GONE", False), ("$A !~ $GONE", True), ("$GONE =~ /.*/", True)),
    *(("$A =~ 'abc'", True), ("$V =~ 'v'", False), ("$A =~ '/(/'", False), ("$A =~ ''", False)),
    *(("$V =~ /^v\\d+\\.\\d+$/", True), ("$A =~ ($A == 'c')", False), ("$A =~ false", False), ("$A !~ false", True)),
    *(("$A && $V", True), ("$A && $E", False), ("$E && $A", True), ("$GONE && $A", False)),
    *(("$E || $A", False), ("$GONE || $A", True), ("$A || $GONE", True), ("false || 'x'", True)),
    *(
        ("$A == 'b' && $V == 'x' || $T", True),
        ("$T || $A == 'b' && $V == 'x'", True),
        ("$A == $A && ($E || $N)", False),
    ),
    *(("$[[ inputs.x ]] == 'i'", True), ("$[[ inputs.y ]] == null", True), ("$A =~ true", False), ("$A $B", False)),
    *(("/ab/ == /ab/", True), ("$A == /ab/", False), ("/foo/ =~ $A", False), ("/Git./ =~ /Git./", True)),
]


@pytest.mark.parametrize(("text", "holds"), TRUTH)
def test_truth(text: str, holds: bool) -> None:
    assert truth(text, KNOWN) is holds


SOME = Scope({"A": "b", "E": "", "N": None})
OPEN = [
    *(("$X", None, ("X",)), ("$X == 'a'", None, ("X",)), ("$X =~ /ab/", None, ("X",)), ("$A =~ $X", None, ("X",))),
    *(("$X && $N", False, ()), ("$X && false", False, ()), ("$X == 'a' && $N", False, ()), ("$N && $X", False, ())),
    *(("$X == 'a' || $A", True, ()), ("$X || $A", None, ("X",)), ("$A || $X", True, ()), ("$E || $X", False, ())),
    *(("$X == 'a' || $N", None, ("X",)), ("$N || $X", None, ("X",)), ("$X && $Y", None, ("X", "Y"))),
    *(("!$X", None, ("X",)), ("!($X && $N)", True, ()), ("$X =~ $N", False, ()), ("$X !~ $N", True, ())),
    *(
        ("$[[ inputs.x ]]", None, ("inputs.x",)),
        ("$X == $Y || $X == 'a'", None, ("X", "Y")),
        ("$A && $X", None, ("X",)),
    ),
    *(("($X && $N) || $A", None, ("X",)), ("($X == 'a' && false) || $A", True, ()), ("$A $B", False, ())),
]


@pytest.mark.parametrize(("text", "holds", "names"), OPEN)
def test_what_is_not_known_decides_only_where_it_must(text: str, holds: bool | None, names: tuple[str, ...]) -> None:
    assert truth(text, SOME) is holds
    assert undecided_by(text, SOME) == names


@pytest.mark.parametrize(
    ("text", "does"),
    [
        *(("$A =~ true", True), ("$A !~ true", True), ("$A =~ false", False), ("$A =~ ($B == 'x')", False)),
        *(("$A =~ ($B == null)", True), ("$A && $B =~ true", False), ("$A || $B =~ true", True), ("/ab/ == $A", True)),
        *(("$A == /ab/", False), ("/ab/ == /ab/", False), ("$A =~", False), ("!($A =~ true)", True)),
    ],
)
def test_gitlab_itself_breaks(text: str, does: bool) -> None:
    assert crashes(text) is does


PIECES = st.sampled_from(
    [
        *("(", ")", "$A", "$B", "$[[ inputs.x ]]", '"b"', "''", "/b./", "'/B/i'", "null", "true", "false"),
        *("==", "=~", "!=", "!~", "&&", "||", "!", "\n", "/", "$", "x", "\\"),
    ]
)
VALUES = st.dictionaries(st.sampled_from(["A", "B", "inputs.x"]), st.sampled_from([None, "", " ", "b", "bc", "/b/"]))


@given(st.lists(PIECES, max_size=12).map(" ".join), VALUES, VALUES)
def test_any_tokens_get_an_answer_and_more_values_never_turn_it(
    text: str, few: dict[str, str | None], more: dict[str, str | None]
) -> None:
    assert is_expression(text) == (parse(text) is not None)
    before = truth(text, Scope(few))
    assert (before is None) == bool(undecided_by(text, Scope(few)))
    assert truth(text, Scope({**more, **few}, complete=True)) in ((True, False) if before is None else (before,))
    assert truth(text, Scope({**more, **few})) in ((True, False, None) if before is None else (before,))


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text: str) -> None:
    assert truth(text, Scope(complete=True)) in (True, False)
