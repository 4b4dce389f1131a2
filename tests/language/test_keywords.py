"""What GitLab refuses in keywords, beyond the rows that were observed; where it stands, and what was meant."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_kit.language import documents, entries
from ci_kit.language.analyse import analyse
from ci_kit.language.keywords import BRIDGE_KEYS, DEFAULT_KEYWORDS, JOB_KEYS, KEYWORDS, ROOT_KEYWORDS
from ci_kit.language.problem import Problem
from ci_kit.language.project import Project
from ci_kit.source.value import Map

# Derived from GitLab's sources and the table of its keywords, not observed: all messages in their order, with repeats.
DERIVED = [json.loads(line) for line in (Path(__file__).parent / "derived.jsonl").read_text("utf-8").splitlines()]
JOB = "a:\n  script: x\n"


def content(text: str) -> Map:
    return documents.load(text, "f.yml").content


def problems(text: str) -> list[Problem]:
    return list(entries.problems(content(text)))


def messages(text: str) -> list[str]:
    return [one.message for one in problems(text)]


@pytest.mark.parametrize("row", DERIVED, ids=[row["input"].strip()[:90] for row in DERIVED])
def test_derived(row: dict[str, Any]) -> None:
    found = analyse(row["input"], "f.yml", Project({}.get))
    if row["verdict"] == "ok":
        assert (found.verdict, found.gitlab) == ("valid", ())
    elif row["verdict"] == "crash":
        assert [message[:17] for message in found.gitlab] == ["Undefined error ("]
    else:
        assert list(found.gitlab) == row["verdict"]


@pytest.mark.parametrize(
    ("lines", "at", "meant"),
    [
        ("  imgae: x\n", "imgae", "image"),
        ("  when: manaul\n", "manaul", "manual"),
        ("  image: {name: a, entrypont: []}\n", "entrypont", "entrypoint"),
        ("  image:\n    name: a\n    pull_policy: alway\n", "alway", "always"),
        ("  image:\n    name: a\n    pull_policy: [never, alway]\n", "alway", "always"),
        ("  services:\n    - a\n    - b\n    - {name: c, alais: d}\n", "alais", "alias"),
        ("  services: [a, [b, {name: 5}]]\n", "5", ""),
        ("  cache: {polcy: pull}\n", "polcy", "policy"),
        ("  cache: {policy: plul}\n", "plul", "pull"),
        ("  cache: [{key: a}, {key: {fiels: [x]}}]\n", "fiels", "files"),
        ("  artifacts: {when: on_succes}\n", "on_succes", "on_success"),
        ("  artifacts: {access: developers}\n", "developers", "developer"),
        ("  artifacts: {reports: {juint: x}}\n", "juint", "junit"),
        ("  artifacts: {reports: {coverage_report: {coverage_format: jacoc, path: x}}}\n", "jacoc", "jacoco"),
        ("  artifacts: {paths: [a, 5]}\n", "5", ""),
        ("  environment: {name: p, action: stopp}\n", "stopp", "stop"),
        ("  environment: {name: p, kubernetes: {agnet: a}}\n", "agnet", "agent"),
        ("  retry: {when: [always, api_failur]}\n", "api_failur", "api_failure"),
        ("  retry: {when: script_failur}\n", "script_failur", "script_failure"),
        ("  release: {tag_name: a, description: b, asets: {}}\n", "asets", "assets"),
        ("  id_tokens: {T: {aud: a, ud: b}}\n", "ud", "aud"),
        ("  inherit: {default: [image, servces]}\n", "servces", "services"),
        ("  inherit: {defualt: true}\n", "defualt", "default"),
        ("  rules:\n    - if: $A\n      when: manul\n", "manul", "manual"),
        ("  rules:\n    - [{iff: $A}]\n", "iff", "if"),
        ("  rules:\n    - changes: {path: [a]}\n", "path", "paths"),
        ("  only: {varables: [$A]}\n", "varables", "variables"),
        ("  only: {variables: [$A, $A =]}\n", "$A =", ""),
        ("  parallel: {matrx: []}\n", "matrx", "matrix"),
        ("  needs: [b, {job: c, artifact: true}]\n", "artifact", "artifacts"),
        ("  pages: {expires_in: 1d}\n", "expires_in", "expire_in"),
        ("  variables: {A: {vlaue: x}}\n", "vlaue", "value"),
        ("  hooks: {pre_get_source_script: x}\n", "pre_get_source_script", "pre_get_sources_script"),
        ("  allow_failure: {exit_code: 1}\n", "exit_code", "exit_codes"),
        ("  secrets: {A: {valt: x, vault: y}}\n", "valt", "vault"),
        ("  before_script:\n    - a\n    - [b, 5]\n", "5", ""),
        ("  dependencies: [b, 5]\n", "5", ""),
        ("  tags: [b, 5]\n", "5", ""),
        ("  trigger: b\n", "trigger", ""),
        ("  image: {entrypoint: []}\n", "image", ""),
        ("  artifacts: {expose_as: b}\n", "artifacts", ""),
        ("  when: delayed\n", "a", ""),
    ],
)
def test_the_place_and_the_word_that_was_meant(lines: str, at: str, meant: str) -> None:
    text = JOB + lines
    problem = problems(text)[0]
    line, column, end_line, end_column, _ = problem.at
    assert line == end_line
    assert text.splitlines()[line - 1][column - 1 : end_column - 1].strip("'\"") == at
    assert (problem.suggestion, problem.job) == (meant, "a")


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        ("default: {imgae: x}\n", "image"),
        ("workflow: {rule: []}\n", "rules"),
        ("workflow: {rules: [{when: alway}]}\n", "always"),
        ("workflow: {auto_cancel: {on_new_commit: interruptable}}\n", "interruptible"),
        ("variables: {A: {descripton: x}}\n", "description"),
        ("include: [{locl: x}]\n", "local"),
        ("b: {trigger: {project: p, stratgy: depend}}\n", "strategy"),
        ("b: {trigger: {project: p, strategy: depends}}\n", "depend"),
        ("b: {trigger: {project: p, forward: {yaml_variable: true}}}\n", "yaml_variables"),
        ("b: {trigger: {include: [{locla: x}]}}\n", "local"),
        ("b: {trigger: p, when: mannual}\n", "manual"),
    ],
)
def test_a_word_is_meant_everywhere(lines: str, meant: str) -> None:
    assert problems(lines + JOB)[0].suggestion == meant


@pytest.mark.parametrize(
    "text",
    [
        "variables: {A: b}\n",
        ".a: {stage: x}\n",
        "a: {stage: x}\n",
        "a: {needs: [b], image: x}\n",
        "a: {script: x, image: {entrypoint: []}}\n",
        "a: {script: x, when: delayed}\n",
        "a: {script: x, publish: out}\n",
        "a: {script: x, release: {tag_name: v}}\n",
        "a: {script: x, rules: [x], artifacts: {reports: {coverage_report: {}}}}\n".replace("rules: [x], ", ""),
        ".h: {}\na: {script: x}\n",
    ],
)
def test_what_an_include_may_add_is_curable(text: str) -> None:
    found = problems(text)
    assert found
    assert all(one.curable for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "a: 5\nb: {script: x}\n",
        ".h: ~\na: {script: x}\n",
        "a: {script: ~}\n",
        "a: {script: x, image: ''}\n",
        "a: {trigger: ~}\n",
        "a: {script: x, foo: 1}\n",
        "a: {script: x, when: nope}\n",
    ],
)
def test_what_the_file_says_itself_wins_and_stays(text: str) -> None:
    assert not any(one.curable for one in problems(text))


def test_the_order_is_that_of_the_declarations_whatever_the_order_of_the_file() -> None:
    wrong = {"stage": 5, "only": 5, "variables": [], "inherit": 5, "cache": 5, "timeout": 5, "tags": 5, "id_tokens": 5}
    forth = [f"  {key}: {json.dumps(value)}\n" for key, value in wrong.items()]
    assert messages(JOB + "".join(forth)) == messages(JOB + "".join(reversed(forth)))


def test_the_tables_hold_all_keys() -> None:
    assert set(KEYWORDS) <= JOB_KEYS
    assert set(DEFAULT_KEYWORDS) <= set(KEYWORDS)
    assert set(ROOT_KEYWORDS) > entries.RESERVED
    assert {"trigger"} == BRIDGE_KEYS - JOB_KEYS


@pytest.mark.parametrize(
    "text",
    [
        "a: {script: x, services: [" + "{name: 5}, " * 20_000 + "]}\n",
        "a: {script: x, variables: {" + ", ".join(f"V{n}: [1]" for n in range(20_000)) + "}}\n",
        "a: {script: x, " + ", ".join(f"k{n}: 1" for n in range(20_000)) + "}\n",
        "".join(f"j{n}: {{script: x, scirpt: y}}\n" for n in range(5_000)),
        "default: {retry: 9}\n" + "".join(f"j{n}: {{script: x}}\n" for n in range(20_000)),
        "a: {script: x, rules: [" + "{when: no}, " * 20_000 + "]}\n",
        "a: {script: x, when: " + "[" * 90 + "]" * 90 + ", needs: " + "[" * 90 + "5" + "]" * 90 + "}\n",
    ],
    ids=["services", "variables", "keys", "jobs", "defaults", "rules", "depth"],
)
def test_much_of_the_same_gets_an_answer(text: str) -> None:
    assert problems(text)


LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 300), st.floats(), st.sampled_from(["", "a", "$A", "/", "1d", "always"])
)
NAMES = st.sampled_from(
    [
        *("name", "max", "when", "matrix", "paths", "key", "files", "reports", "include", "job", "if", "changes"),
        *("needs", "docker", "user", "kubernetes", "dashboard", "managed_resources", "assets", "links", "vault"),
        *("engine", "git", "step", "script", "options", "value", "auto_cancel", "rules", "parallel", "exists"),
    ]
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)


@pytest.mark.parametrize("keyword", sorted({*JOB_KEYS, *BRIDGE_KEYS, *ROOT_KEYWORDS}))
@settings(max_examples=40)
@given(value=VALUES)
def test_no_value_is_too_strange(keyword: str, value: object) -> None:
    jobs = {"a": {"script": "x", keyword: value}, "b": {"trigger": "g/p", keyword: value}, "c": {"run": [value]}}
    text = json.dumps({keyword: value, **jobs}).replace("NaN", ".nan").replace("Infinity", ".inf")
    for problem in problems(text):
        assert problem.message
        assert problem.at[0] > 0
