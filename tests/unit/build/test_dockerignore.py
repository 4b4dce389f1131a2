"""Docker's rules for .dockerignore: each row was worked out from moby's matcher; a slow matcher agrees at random."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.build.inputs import dockerignore
from ci_kit.build.inputs.dockerignore import Judged, Rules
from ci_kit.errors import BuildError, UsageError


def left_out(text: str, path: str) -> bool:
    rules = Rules(dockerignore.patterns(text.encode(), ".dockerignore"))
    judged = rules.context
    parts = path.split("/")
    for number in range(len(parts)):
        judged = rules.judge("/".join(parts[: number + 1]), judged)
    return judged.out


@pytest.mark.parametrize(
    ("text", "outside", "inside"),
    [
        # what a line is
        ("# a\n#b", "", "# a|#b|a"),
        (" # a", "# a", "a"),
        ("\n\n   \n", "", "a"),
        ("\t a \t", "a|a/b", "b"),
        ("a\r\nb\r\n", "a|b", "c"),
        ("\ufeffa", "a", "b"),
        ("a\n\ufeffb", "a|\ufeffb", "b"),
        # where a path begins, and what is cleaned away
        ("/a", "a|a/b", "b/a"),
        ("//a", "a", "b"),
        ("a/", "a|a/b", "b"),
        ("./a", "a", "b/a"),
        ("a/./b//c/", "a/b/c", "a/b"),
        ("a/../b", "b", "a"),
        ("../a", "", "a|b/a"),
        ("/../a", "a", "b"),
        (".", "", "a|a/b"),
        ("/", "", "a|a/b"),
        ("..", "", "a|a/b"),
        # one part of a path
        ("a", "a|a/b|a/b/c", "b/a|ab|A"),
        ("*", "a|.a|a/b", ""),
        ("*/b", "a/b|c/b/d", "b|a/c/b"),
        ("a*", "a|ab|a/b", "ba|b/a"),
        ("a?c", "abc|a\u263ac", "ac|a/c|abbc"),
        ("*.md", "x.md|.md", "a/x.md|xmd"),
        ("a*b*c*d*e*/f", "axbxcxdxe/f|axbxcxdxexxx/f", "axbxcxdxe/xxx/f|axbxcxdxexxx/fff"),
        ("a*b?c*x", "abxbbxdbxebxczzx", "abxbbxdbxebxczzy"),
        ("a(b)c/d+e.f$|{g}", "a(b)c/d+e.f$|{g}", "a"),
        # two stars
        ("**", "a|a/b|.a", ""),
        ("**/", "a|a/b", ""),
        ("**/**", "a|a/b", ""),
        ("**/a", "a|b/a|c/b/a|a/b|b/a/c", "ba|b/ba"),
        ("**a", "a|ba|b/a|b/ca|ba/x", "ab"),
        ("a/**", "a/b|a/b/c", "a|ab"),
        ("a/**/b", "a/b|a/c/b|a/c/d/b", "a/cb|b"),
        ("a**b", "ab|a/b|ac/b|acb/b", "acb"),
        ("**/a/*", "a/b|x/a/b|x/a/b/c", "a|x/a"),
        ("**/a/**", "a/b|x/a/b/c", "a|x/a"),
        ("**/*.md", "x.md|a/x.md|a/b/x.md", "x.mdx"),
        ("**/**/*.md", "x.md|a/b/x.md", "x.mdx"),
        ("a/*.t**", "a/x.t|a/x.tt|a/x.t/y", "a/x"),
        ("***", "a|a/b", ""),
        ("*/*?**/?/*?", "a/ab/c/d|a/b/x/c/d", "a/a/aa/a"),
        ("a**/*.t", "a/x.t|a/d/d/x.t|ab/x.t", "b/x.t"),
        # classes and backslashes
        ("a[b-d]e", "ace", "ae|aae"),
        ("a[^b-d]e", "aze|a/e", "ace"),
        ("[a-\u03b6]*", "\u03b1", "\u03c9"),
        ("[!a]", "!|a", "b"),
        ("[\\]a]", "]|a", "b"),
        ("[\\-x]", "-|x", "a"),
        ("[[:digit:]]", "1", ":"),
        ("[[:^digit:]]", "x", "1"),
        ("a]", "a]", "a"),
        ("a\\*b", "a*b", "axb"),
        ("a\\\\", "a\\", "a"),
        ("\\!a", "!a", "a"),
        ("\\#a", "#a", "a"),
        ("a\\d", "a1", "ad"),
        ("x\\ty", "x\ty", "xty"),
        # `?` and `*` inside a class are not what they look like
        ("[?]", "/]", "?|a"),
        ("^a", "^a", "a"),
        ("^*a", "ba|^a", "^b"),
        ("x^*a", "", "x^a|xa"),
        # exceptions: in order, the last that matches decides
        ("!a\n*", "a|b", ""),
        ("*\n!a", "b", "a|a/b"),
        ("a\n!a/b", "a|a/c", "a/b|a/b/c"),
        ("a/\n!a/b", "a/c", "a/b"),
        ("a/*\n!a/b", "a/c", "a/b|a"),
        ("*.md\n!README*.md\nREADME-secret.md", "x.md|README-secret.md", "README.md|README-a.md"),
        ("*.md\nREADME-secret.md\n!README*.md", "x.md", "README.md|README-secret.md"),
        ("**\n!a/b\na/b/c", "a|x|a/b/c", "a/b|a/b/d"),
        ("a\n! /a/b ", "a/c", "a/b"),
        ("**\n!**/*.go", "a|a/b|a/b.c", "x.go|a/x.go"),
        ("!!a\n!a", "", "a|!a"),
        ("*\n!!a", "a|b", "!a"),
        # what is asked of a folder once does not hold below it when it could change nothing there
        ("a/b\n!a", "a/b|a/b/c", "a|a/c"),
    ],
)  # fmt: skip
def test_what_docker_sends(text: str, outside: str, inside: str) -> None:
    split = "\0" if "|" in text else "|"
    for path in filter(None, outside.split(split)):
        assert left_out(text, path), f"{path!r} was kept"
    for path in filter(None, inside.split(split)):
        assert not left_out(text, path), f"{path!r} was left out"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n!", 2),
        ("! ", 1),
        ("!/", 1),
        ("[", 1),
        ("a\n\n[a", 3),
        ("[]a]", 1),
        ("[x-]", 1),
        ("[-x]", 1),
        ("[a-b-c]", 1),
        ("[^]", 1),
        ("a\\", 1),
        ("[Local-Only]/", 1),
        ("[[:nothing:]]", 1),
        ("a\\y", 1),
        (f"{'a' * 65536}", 1),
    ],
)
def test_what_docker_refuses_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(UsageError, match="is no pattern") as caught:
        dockerignore.patterns(text.encode(), "x/.dockerignore")
    assert caught.value.place == f"x/.dockerignore:{line}"


def test_what_a_pattern_cannot_match_takes_no_time() -> None:
    text = "**/a*a*a*a*a*a*a*a*b/**/c*c*c*c*d"
    assert not left_out(text, "/".join(["a" * 200] * 10))
    assert left_out(text, f"x/{'a' * 100}b/x/y/{'c' * 100}d")


def test_a_file_next_to_the_dockerfile_comes_first(tmp_path: Path) -> None:
    dockerfile = tmp_path / "docker" / "Dockerfile"
    dockerfile.parent.mkdir()
    assert dockerignore.read(tmp_path, dockerfile).path is None
    (tmp_path / ".dockerignore").write_text("a\n")
    assert dockerignore.read(tmp_path, dockerfile).judge("a", Judged(False, (False,))).out
    own = dockerfile.with_name("Dockerfile.dockerignore")
    own.write_text("")
    rules = dockerignore.read(tmp_path, dockerfile)
    assert rules.path == own
    assert rules.judge("a", rules.context) == (False, ())


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").mkdir()
    with pytest.raises(BuildError, match="cannot be read: Is a directory"):
        dockerignore.read(tmp_path, tmp_path / "Dockerfile")


# -- at random, against a matcher that is slow and plain --------------------------------------------------------------


@lru_cache(maxsize=200_000)
def matches(pattern: str, path: str) -> bool:
    """Tell whether a pattern of letters, `?`, `*` and `**` matches the whole of a path."""
    if pattern.startswith("**"):
        rest = pattern[2:].removeprefix("/")
        if not rest:
            return "\n" not in path
        return matches(rest, path) or any(matches(rest, path[at + 1 :]) for at in range(len(path)) if path[at] == "/")
    if pattern.startswith("*"):
        return matches(pattern[1:], path) or (path[:1] not in ("", "/") and matches(pattern, path[1:]))
    if not pattern or not path:
        return pattern == path
    if pattern[0] == path[0] or (pattern[0] == "?" and path[0] != "/"):
        return matches(pattern[1:], path[1:])
    return False


def whole(pattern: str, path: str) -> bool:
    """Tell whether Docker's matcher matches: `a/**` and `**a` go by the mere beginning and end of a path."""
    plain = not any(letter in pattern.strip("*") for letter in "*?")
    if plain and pattern.startswith("**") and not pattern[2:].startswith("*") and not pattern.endswith("*"):
        return f"/{path}".endswith(pattern[2:]) if pattern[2:3] == "/" else path.endswith(pattern[2:])
    if plain and pattern.endswith("**") and pattern.strip("*") == pattern[:-2]:
        return path.startswith(pattern[:-2])
    return matches(pattern, path)


def kept(lines: Iterable[str], paths: Iterable[str]) -> set[str]:
    """Return what is sent, every path asked by every pattern and nothing skipped."""
    patterns = [(line.startswith("!"), line.removeprefix("!")) for line in lines]
    known: dict[str, list[bool]] = {"": [False] * len(patterns)}
    found = set()
    for path in sorted(paths):
        above, here, out = known[path.rpartition("/")[0]], [], False
        for (exception, pattern), matched in zip(patterns, above, strict=True):
            matched = matched or (exception == out and whole(pattern, path))
            here.append(matched)
            out = not exception if matched else out
        known[path] = here
        found |= set() if out else {path}
    return found


def walked(rules: Rules, paths: set[str], folder: str, above: Judged) -> set[str]:
    """Return what is sent, as a walk finds it that goes into no folder without need."""
    found = set[str]()
    for path in paths:
        if path.rpartition("/")[0] != folder:
            continue
        judged = rules.judge(path, above)
        found |= set() if judged.out else {path}
        if not judged.out or rules.may_return(path):
            found |= walked(rules, paths, path, judged)
    return found


_PART = st.text("ab", min_size=1, max_size=3)
_PATHS = st.lists(st.lists(_PART, min_size=1, max_size=4), min_size=1, max_size=8)
_PATTERN = st.lists(st.text("ab?*", min_size=1, max_size=5), min_size=1, max_size=4).map("/".join)
_LINES = st.lists(st.tuples(st.sampled_from(["", "", "!"]), _PATTERN).map("".join), max_size=5)


@given(lines=_LINES, below=_PATHS)
def test_a_slow_matcher_agrees(lines: list[str], below: list[list[str]]) -> None:
    paths = {"/".join(parts[:end]) for parts in below for end in range(1, len(parts) + 1)}
    rules = Rules(dockerignore.patterns("\n".join(lines).encode(), ""))
    assert walked(rules, paths, "", rules.context) == kept(lines, paths)


@given(text=st.text("ab!*?[]^-\\/.#: \n(){}+$|d\u00e9", max_size=20), path=st.text("ab/", min_size=1, max_size=9))
def test_any_text_is_judged_or_refused(text: str, path: str) -> None:
    place = ""
    try:
        left_out(text, path)
    except UsageError as error:
        place = error.place
    assert place in ("", *(f".dockerignore:{number}" for number in range(1, text.count("\n") + 2)))
