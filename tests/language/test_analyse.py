"""GitLab's words at the right place, what an include leaves open, and an answer to any bytes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_kit.errors import SourceError, UsageError
from ci_kit.language import schema
from ci_kit.language.analyse import Pipeline, analyse
from ci_kit.language.duration import seconds
from ci_kit.language.expression import is_expression
from ci_kit.language.jobs import jobs_of
from ci_kit.language.keywords import BRIDGE_KEYWORDS, KEYWORDS
from ci_kit.language.project import Project
from ci_kit.language.re2 import compiled
from ci_kit.source.reader import decode

WRONG = [
    ("build:\n  scirpt: make\n  script: x\n", "jobs:build config contains unknown keys: scirpt", (2, 3)),
    ("build:\n  stage: test\n", "jobs build config should implement the script:, run:, or trigger: keyword", (1, 1)),
    ("build:\n  scirpt: x\n", "jobs build config should implement the script:, run:, or trigger: keyword", (2, 3)),
    ("? {a: .nan}\n: {script: x}\n", 'jobs:{"a"=>nan} name should be a symbol', (1, 3)),
    ("? [.nan]\n: 1\n? [.NaN]\n: 2\n", "jobs [nan] config should implement the script:, run:, or trigger:", (3, 3)),
    (".nan: {script: x}\n.NAN: {script: y}\n", "jobs:nan name should be a symbol", (2, 1)),
    (".a:\n  script: x\n", "jobs config should contain at least one visible job", (1, 1)),
    ("a:\n  script: [1]\n", "should be a string or a nested array of strings up to 10 levels deep", (2, 12)),
    ("a:\n  script: x\n  extends: .b\n", "a: unknown keys in `extends` (.b)", (3, 12)),
    ("a:\n  script: !reference [.b, s]\n", '!reference [".b", "s"] could not be found', (2, 11)),
    ("a: 'b\n", "found unexpected end of stream", (2, 1)),
    ("- a\n", "Invalid configuration format", (1, 1)),
    ("a:\n  script: x\n  rules:\n    - if: $A = 1\n", "jobs:a:rules:rule if invalid expression syntax", (4, 11)),
    ("a:\n  script: x\n  cache:\n    policy: none\n", "jobs:a:cache policy should be a variable or one of", (4, 13)),
    ("a:\n  script: x\n  needs: [b]\n", "a job: undefined need: b", (3, 11)),
    ("a:\n  script: x\n  stage: tset\n", "a job: chosen stage tset does not exist", (3, 10)),
]


def analysed(text: str, path: str = "f.yml", **files: str) -> Pipeline:
    return analyse(text, path, Project({f"{name}.yml": text for name, text in files.items()}.get))


@pytest.mark.parametrize(("text", "words", "where"), WRONG)
def test_refused_in_gitlabs_words_at_the_place(text: str, words: str, where: tuple[int, int]) -> None:
    found = analysed(text)
    assert found.verdict == "invalid"
    assert words in found.problems[0].message
    assert found.problems[0].at[:2] == where


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a:\n  scirpt: x\n  script: y\n", "script"),
        ("a: {stage: test, scirpt: x}\n", "script"),
        ("a: {trigegr: group/project}\n", "trigger"),
        ("a: {stage: test, rules: []}\n", ""),
        ("a: {script: x, stage: tset}\n", "test"),
        ("build: {script: x}\na: {script: x, needs: [biuld]}\n", "build"),
    ],
)
def test_a_typo_is_told_its_word(text: str, meant: str) -> None:
    assert analysed(text).problems[0].suggestion == meant


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("include: [{remote: 'https://a/x.yml'}]\n", "undecided"),
        ("include: [{remote: 'https://a/x.yml'}]\na:\n  script: x\n  extends: .from-there\n", "undecided"),
        ("include: [{remote: 'https://a/x.yml'}]\na:\n  script: x\n  stage: from-there\n", "undecided"),
        ("include: [{remote: 'https://a/x.yml'}]\na:\n  script: x\n  needs: [from-there]\n", "undecided"),
        ("include: [{remote: 'https://a/x.yml'}]\na:\n  script: x\n", "valid"),
        ("include: [{remote: 'https://a/x.yml'}]\na:\n  script: x\n  foo: 1\n", "invalid"),
    ],
)
def test_an_include_leaves_open_only_what_it_may_decide(text: str, verdict: str) -> None:
    assert analysed(text).verdict == verdict


def test_a_fault_in_an_included_file_stands_there() -> None:
    found = analysed("include: inc.yml\na:\n  script: x\n", inc="b:\n  script: x\n  image: ''\n")
    (problem,) = found.problems
    assert problem.message == "jobs:b:image name can't be blank"
    assert problem.at[:2] == (3, 10)
    assert problem.at[4] == "inc.yml"


TEMPLATE = "spec:\n  inputs:\n    name:\n---\nbuild-$[[ inputs.name ]]:\n  script: echo $[[ inputs.name ]]\n"


def test_a_component_has_stand_ins_but_a_root_needs_its_inputs() -> None:
    assert analysed(TEMPLATE, "templates/a.yml").verdict == "valid"
    assert analysed(TEMPLATE, "templates/a/template.yml").verdict == "valid"
    refused = analysed(TEMPLATE, "templates/a/other.yml")
    assert refused.problems[0].message == "`name` input: required value has not been provided"


@pytest.mark.parametrize(
    "line",
    ["timeout: $[[ inputs.x ]]", "stage: $[[ inputs.x ]]", "when: $[[ inputs.x ]]", "needs: ['$[[ inputs.x ]]-a']"],
)
def test_nobody_judges_what_only_the_includer_knows(line: str) -> None:
    text = f"spec:\n  inputs:\n    x:\n---\na:\n  script: y\n  {line}\n"
    assert analysed(text, "templates/a.yml").problems == ()


def test_an_include_gets_its_inputs() -> None:
    root = "include:\n  - local: t.yml\n    inputs: {name: one}\n"
    assert [job.name for job in jobs_of(analysed(root, t=TEMPLATE).content)] == ["build-one"]
    missing = analysed("include: t.yml\n", t=TEMPLATE)
    assert missing.problems[0].message == "`t.yml`: `name` input: required value has not been provided"


def test_a_job_has_what_it_inherits() -> None:
    text = "default:\n  image: a:1\nvariables: {A: 1, B: 2}\n.t:\n  variables: {B: 3}\n"
    (job,) = jobs_of(analysed(f"{text}j:\n  extends: .t\n  script: [x, [y]]\n").content)
    assert job.image is not None
    assert job.image.value == "a:1"
    assert {name: found.value for name, found in job.variables.items()} == {"A": "1", "B": "3"}
    assert [piece.value for piece in job.commands] == ["x", "y"]


def test_the_schema_of_the_installed_package_is_where_we_look() -> None:
    assert schema.published().name == "gitlab-ci.json"


def test_the_schema_is_asked_only_when_it_is_given() -> None:
    strange = 'a:\n  script: x\n  retry: {max: "2"}\n'
    assert analysed(strange).verdict == "valid"
    refused = analyse(strange, "f.yml", Project({}.get), schema.published())
    assert refused.problems[0].at[:2] == (3, 16)


def test_a_schema_that_is_no_schema_is_one_line(tmp_path: Path) -> None:
    wrong = tmp_path / "s.json"
    wrong.write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"s\.json: is not JSON"):
        analyse("a:\n  script: x\n", "f", Project({}.get), wrong)


SEEDS = [text for text, *_ in WRONG] + [TEMPLATE, "a:\n  script: x\n  rules: [{if: $A}]\n  needs: [b]\n  cache: {}\n"]


@given(st.one_of(st.binary(max_size=120), st.sampled_from(SEEDS).map(str.encode)), st.data())
def test_any_bytes_get_a_verdict(content: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(content)))
    piece = data.draw(st.sampled_from([b"", b"\0", b"[", b"{", b": ", b"!reference ", b"&a *a", b"\xff", b"- "]))
    path = data.draw(st.sampled_from(["f.yml", "templates/f.yml"]))
    try:
        found = analyse(decode(content[:at] + piece + content[at:], path), path, Project({}.get))
    except SourceError:
        return
    assert found.verdict in ("valid", "invalid", "undecided")


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 300), st.floats(), st.sampled_from(["", "a", "$A", "/", "1d"])
)
NAMES = st.sampled_from(
    ["name", "max", "when", "matrix", "paths", "key", "files", "reports", "include", "job", "if", "changes", "needs"]
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)


@pytest.mark.parametrize("keyword", sorted({**KEYWORDS, **BRIDGE_KEYWORDS}))
@given(value=VALUES)
def test_no_value_of_a_keyword_is_too_strange(keyword: str, value: object) -> None:
    text = json.dumps({"a": {"script": "x", keyword: value}, "b": {"trigger": "g/p", keyword: value}}).replace(
        "NaN", ".nan"
    )
    assert analysed(text.replace("-Infinity", "-.inf").replace("Infinity", ".inf")).verdict in ("valid", "invalid")


@pytest.mark.parametrize(
    "pattern",
    [r"c\++", "[*+]+", r"\x{41}", "(?i)a(?i)b", "[[:alpha:]_]+", r"\p{Lu}\z", "(?<n>a)", "(?:a|b)*?"],
)
def test_what_re2_takes(pattern: str) -> None:
    assert compiled(pattern) is not None


@pytest.mark.parametrize("pattern", ["(?=a)", "(?<!a)b", r"(a)\1", "a++", "a{1001}", "(", "a**", r"a\Z", "(?>a)"])
def test_what_re2_refuses(pattern: str) -> None:
    assert compiled(pattern) is None


@pytest.mark.parametrize(
    ("text", "length"),
    [
        *(("1h30m", 5400), ("2 weeks and 1 day", 15 * 86400), ("1:30:00", 5400), ("90", 90), ("1.5h", 5400)),
        *(("two hours and ten minutes", 7800), ("twenty-five minutes", 1500), ("1 month", 30 * 86400), ("day", 86400)),
        *((text, None) for text in ("", "0s", "$T", "soon", "1 fortnight")),
    ],
)
def test_durations(text: str, length: float | None) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize("wrong", ["$A = 'b'", "$A &&", "${A}", "$A == b", "", "()", "$A =~ /(?=x)y/", "$A $A", "/b/"])
def test_no_expression(wrong: str) -> None:
    assert not is_expression(wrong)


@pytest.mark.parametrize(
    "right",
    ["$A", "!$A", r"$A == null && ($B =~ /^v\d+$/i || $C != '')", "$A =~ $B", "'x'", "!($A)", "$A\n|| $B"],
)
def test_expression(right: str) -> None:
    assert is_expression(right)


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"j{n}: {{extends: j{n + 1}}}\n" for n in range(3000)) + "j3000: {script: x}\n",
        "".join(f".j{n}: {{s: !reference [.j{n + 1}, s]}}\n" for n in range(3000)) + "a: {script: x}\n",
        "".join(f".j{n}: {{s: [!reference [.j{n + 1}, s], !reference [.j{n + 1}, s]]}}\n" for n in range(40))
        + ".j40: {s: x}\na: {script: x}\n",
        "b: {script: x, parallel: 2}\na: {script: x, needs: [{job: b, parallel: {matrix: [{"
        + ", ".join(f"V{n}: [1, 2, 3, 4, 5, 6]" for n in range(30))
        + "}]}}]}\n",
        "".join(f"j{n}: {{script: x, needs: [j{(n + 1) % 3000}]}}\n" for n in range(3000)),
        "spec: {inputs: {a: {default: " + "a" * 40 + 'b, regex: "^(a+)+$"}}}\n---\nj: {script: x}\n',
        "a: {script: x, rules: [{if: '" + "!" * 100_000 + "'}]}\n",
    ],
    ids=["extends", "references", "doubling", "matrix", "needs", "pattern", "expression"],
)
def test_what_grows_without_end_gets_an_answer(text: str) -> None:
    assert analysed(text).verdict in ("valid", "invalid")
