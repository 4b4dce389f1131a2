"""Whatever stands below `include:`, and whatever the files hold: an answer, in finite time."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_kit.language.analyse import analyse
from ci_kit.language.glob import exists
from ci_kit.language.project import Project
from ci_kit.language.wildcard import included
from ci_kit.model.fetch import Fetched, NotFound, Request, Unreachable

NAMES = (
    "a.yml",
    "b.yml",
    "d/c.yml",
    "d/*.yml",
    "**",
    "https://x/a.yml",
    "A.gitlab-ci.yml",
    "h/g/p/c@1",
    "$A",
    "%B%.yml",
)
KEYS = ("local", "project", "file", "ref", "remote", "template", "artifact", "job", "component", "inputs", "rules")
MORE = ("integrity", "cache", "if", "exists", "changes", "when", "paths", "x", "", "project")
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 3), st.floats(), st.sampled_from(NAMES), st.text(max_size=4)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from((*KEYS, *MORE)), inner, max_size=5)
    ),
    max_leaves=12,
)
INCLUDES = st.one_of(
    VALUES, st.lists(st.dictionaries(st.sampled_from(KEYS), st.one_of(st.sampled_from(NAMES), VALUES), max_size=3))
)


class Any:
    def __init__(self, text: str) -> None:
        self.text = text

    def fetch(self, request: Request) -> Fetched | NotFound | Unreachable:
        if len(request.path) % 3 == 0:
            return NotFound("file")
        found = Fetched(self.text, f"{request.kind}:{request.path}", request.project, "0" * 40, request.path)
        return found if len(request.path) % 3 == 1 else Unreachable("no", "do")

    def paths(self, project: str, commit: str) -> tuple[str, ...] | Unreachable:
        return ("a.yml", "d/c.yml") if len(project) % 2 else Unreachable("no")


def text_of(include: object, more: str = "") -> str:
    said = json.dumps(include).replace("-Infinity", "-.inf").replace("Infinity", ".inf").replace("NaN", ".nan")
    return f'"include": {said}\n{more}'


@settings(max_examples=200, deadline=None)
@given(root=INCLUDES, below=INCLUDES, header=st.booleans())
def test_any_include(root: object, below: object, header: bool) -> None:
    begin = "spec: {inputs: {x: {default: 1}}}\n---\n" if header else ""
    files = {"a.yml": begin + text_of(below, "j: {script: x}\n"), "b.yml": "k: {script: x}\n", "d/c.yml": begin}
    project = Project(files.get, lambda: files, fetcher=Any(files["a.yml"]))
    found = analyse(text_of(root, "r: {script: x}\n"), "r.yml", project)
    assert found.verdict in ("valid", "invalid", "undecided")
    assert (found.verdict == "invalid") == bool(found.problems)
    for problem in found.problems:
        assert problem.at[4] in found.texts or problem.at[4].split(":")[0] in ("project", "remote", "template"), problem


@given(st.text("ab/*?[]{},!-\\", max_size=12), st.lists(st.text("ab/", max_size=6), max_size=4))
def test_any_pattern(pattern: str, paths: list[str]) -> None:
    assert exists([pattern], paths) in (True, False)
    assert set(included(pattern, paths)) <= set(paths)


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("*.yml", {"a.yml", ".b.yml"}),
        ("**/*.yml", {"a.yml", ".b.yml", "d/c.yml", "d/e/f.yml"}),
        ("d/**/*.yml", {"d/c.yml", "d/e/f.yml"}),
        ("d/*", {"d/c.yml"}),
        ("d/**", {"d/c.yml"}),
        ("{a,d/c}.yml", {"a.yml", "d/c.yml"}),
        ("{a,{x,d/c}}.yml", {"a.yml", "d/c.yml"}),
        ("?.yml", {"a.yml"}),
        ("[a-b].yml", {"a.yml"}),
        ("[!b-z].yml", {"a.yml"}),
        ("[^a].yml", set()),
        ("d/[a-z]/f.yml", {"d/e/f.yml"}),
        ("d/c.yml", {"d/c.yml"}),
        ("d", set()),
        ("\\a.y?l", {"a.yml"}),
        ("/a.yml", set()),
        ("[a.yml", set()),
        ("{a.yml", set()),
    ],
)
def test_globs_of_rules_exists(pattern: str, matched: set[str]) -> None:
    paths = ["a.yml", ".b.yml", "d/c.yml", "d/e/f.yml"]
    assert {path for path in paths if exists([pattern], [path])} == matched


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("*.yml", {"a.yml", ".b.yml"}),
        ("**.yml", {"a.yml", ".b.yml", "d/c.yml", "d/e/f.yml"}),
        ("**/*.yml", {"a.yml", ".b.yml", "d/c.yml", "d/e/f.yml"}),
        ("d/**/f.yml", {"d/e/f.yml"}),
        ("d/**/c.yml", {"d/c.yml"}),
        ("d/*", {"d/c.yml"}),
        ("d/**", {"d/c.yml", "d/e/f.yml"}),
        ("/*.yml", set()),
        ("d*", set()),
        ("d**f.yml", {"d/e/f.yml"}),
        ("?*.yml", set()),
    ],
)
def test_wildcards_of_include_local(pattern: str, matched: set[str]) -> None:
    assert set(included(pattern, ["a.yml", ".b.yml", "d/c.yml", "d/e/f.yml"])) == matched


def test_a_pattern_of_many_stars_is_no_trap() -> None:
    path = "a" * 2000
    assert included("*a" * 200 + "*b*", [path]) == []
    assert not exists(["**/" * 200 + "*b", "*" * 2000 + "b"], [path])
    assert exists(["{a,b}" * 200 + "c"], [path])  # too many to look at
