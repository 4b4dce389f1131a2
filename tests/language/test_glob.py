"""Globs of `rules:exists` and `rules:changes`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.language.glob import changed, exists, matches

MATCHES = [
    *(
        ("a", "a", True),
        ("a", "b", False),
        ("a", "a/b", False),
        ("*", "a", True),
        ("*", ".a", True),
        ("*", "a/b", False),
    ),
    *(("*", "", True), ("a*", "a", True), ("*.js", "x.js", True), ("*.js", ".js", True), ("*.js", "d/x.js", False)),
    *(
        ("a*b*c", "aXbYbc", True),
        ("a*b*c", "aXbYb", False),
        ("*a", "aaa", True),
        ("*ab", "aab", True),
        ("***a", "ba", True),
    ),
    *(
        ("?", "a", True),
        ("?", "", False),
        ("?", "/", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("??", "\u00e9a", True),
    ),
    *(
        ("**/x", "x", True),
        ("**/x", "a/x", True),
        ("**/x", "a/b/x", True),
        ("**/x", "a/b/xy", False),
        ("**/x", ".a/x", True),
    ),
    *(
        ("a/**/x", "a/x", True),
        ("a/**/x", "a/b/c/x", True),
        ("a/**/x", "b/x", False),
        ("a/**/b/**/c", "a/x/b/y/z/c", True),
    ),
    *(
        ("**/a/**/b", "x/a/y/a/b", True),
        ("**/**/x", "x", True),
        ("**/*", "a/b", True),
        ("**/", "a/", True),
        ("**/*/x", "x", False),
    ),
    *(
        ("a/**", "a/b", True),
        ("a/**", "a/b/c", False),
        ("a/**/*", "a/b/c", True),
        ("**", "a", True),
        ("**", "a/b", False),
    ),
    *(
        ("a/**/*.rb", "a/.x/y.rb", True),
        ("a**/b", "ax/b", True),
        ("a**/b", "ax/y/b", False),
        ("*/b", "a/b", True),
        ("/a", "a", False),
    ),
    *(("[ab]", "a", True), ("[ab]", "c", False), ("[a-c]x", "bx", True), ("[!a]", "b", True), ("[^a]", "a", False)),
    *(
        ("[]a]", "a", False),
        ("[a", "a", False),
        ("[a-]", "-", True),
        ("[-a]", "-", True),
        ("[\\]]", "]", True),
        ("[a/]", "/", False),
    ),
    *(("[a-", "a", False), ("[", "[", False), ("\\[a]", "[a]", True), ("[z-a]", "z", True), ("[z-a]", "m", False)),
    *(
        ("\\*", "*", True),
        ("\\*", "a", False),
        ("\\a", "a", True),
        ("a\\", "a\\", False),
        ("a\\", "a", True),
        ("*\\*", "a*", True),
    ),
    *(
        ("a\\/b", "a/b", True),
        ("*\\/b", "a/b", True),
        ("a/", "a", False),
        ("a/", "a/", True),
        ("", "", True),
        ("", "a", False),
    ),
    *(
        ("{a,b}", "b", True),
        ("{a,b}", "c", False),
        ("x.{js,ts}", "x.ts", True),
        ("{a}", "a", True),
        ("{}", "", True),
        ("{a,}b", "b", True),
    ),
    *(
        ("{a,{b,c}d}", "cd", True),
        ("{a,{b,c}d}", "b", False),
        ("{a,b}{c,d}", "bc", True),
        ("{a/,}x", "a/x", True),
        ("{a/**/,}x", "a/b/x", True),
    ),
    *(
        ("a{b", "a{b", False),
        ("a}b", "a}b", True),
        ("\\{a,b\\}", "{a,b}", True),
        ("{a\\,b,c}", "a,b", True),
        ("a{b{c}", "abc", False),
    ),
    *(
        ("**/{src,lib}/**/*.{c,h}", "x/lib/y/z.h", True),
        ("**/Dockerfile", "a/b/Dockerfile", True),
        ("docs/**/*", "docs", False),
    ),
]


@pytest.mark.parametrize(("pattern", "path", "does"), MATCHES)
def test_matches(pattern: str, path: str, does: bool) -> None:
    assert matches(pattern, [path]) is does


def test_one_path_is_enough() -> None:
    assert matches("*.py", ["a.rb", "b.py"])
    assert not matches("*.py", [])


@pytest.mark.parametrize(
    ("globs", "paths", "does"),
    [
        *(
            (["a/b"], ["a/b"], True),
            (["a\\b"], ["ab"], False),
            (["a\\b"], ["a\\b"], True),
            (["**/*.js"], ["x/y.js"], True),
        ),
        *(
            ([".js"], ["x/y.js"], False),
            (["**/*.min.js"], ["y.js"], False),
            (["x/*.js", "*.rb"], ["y.rb"], True),
            ([], ["a"], False),
        ),
        *((["*.x"], [f"{n}.y" for n in range(50_001)], True), (["*.x"], [f"{n}.y" for n in range(50_000)], False)),
        (["x"], [f"{n}.y" for n in range(60_000)], False),
    ],
)
def test_exists(globs: list[str], paths: list[str], does: bool) -> None:
    assert exists(globs, paths) is does


def test_changed() -> None:
    assert changed(["a\\b", "x/**/*"], ["x/y/z"])
    assert changed(["a\\b"], ["ab"])
    assert not changed(["*.rb"], ["x/y.rb"])
    assert changed(["x"], [f"{n}.y" for n in range(50_001)])


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        *(
            ("*a" * 500 + "b", "a" * 3000),
            ("**/*a*/" * 200 + "b", "a/" * 2000),
            ("{a,b}" * 200, "a" * 200),
            ("{" * 5000, "x"),
        ),
        *(
            ("[a-" * 5000, "a"),
            ("{" * 500 + "a" + "}" * 500, "a"),
            ("\\" * 5001, "\\"),
            ("{," + "{a,b}" * 30 + "}", "c"),
        ),
    ],
)
def test_what_takes_others_for_ever_is_answered(pattern: str, path: str) -> None:
    assert matches(pattern, [path]) in (True, False)


PIECES = st.sampled_from([*"ab/.*?[]!-{},\\", "**/", "{a,b}", "[a-b]"])


@given(st.lists(PIECES, max_size=10).map("".join), st.text("ab/.-", max_size=8))
def test_any_pattern_gets_an_answer(pattern: str, path: str) -> None:
    assert matches(pattern, [path]) in (True, False)
    assert exists([pattern], [path]) in (True, False)
