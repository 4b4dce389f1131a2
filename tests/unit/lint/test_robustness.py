"""Whatever the file holds: an answer or one line of error, never a traceback, and in finite time."""

import io
import json
import random
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ci_kit.cli import main

SEEDS = sorted((Path(__file__).parents[2] / "rules").glob("*/*.yml"))
WORDS = [
    *("a", ".a", "b", "default", "include", "variables", "stages", "spec", "inputs", "workflow", "image", "services"),
    *("script", "before_script", "extends", "needs", "trigger", "rules", "parallel", "matrix", "name", "command"),
    *("inherit", "DOCKER_TLS_CERTDIR", "DOCKER_HOST", "docker:dind", "docker login -p x", "<<", "", "local"),
    *("$A", "docker build -t https://x/ .", "docker push a:$CI_COMMIT_BRANCH", "'", '"', "$[[ inputs.a ]]", "\\"),
]
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from(WORDS), st.text(max_size=5))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(st.sampled_from(WORDS), LEAVES), inner, max_size=5)
    ),
    max_leaves=25,
)
RELAXED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def lint(content: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> int:
    """Return the exit code for `content` on stdin; what is printed must be a report or one line of error."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))
    code = main(["lint", "--format", "json", "-"])
    printed = capsys.readouterr()
    assert code in (0, 1, 3), printed.err
    if code == 3:
        assert len(printed.err.splitlines()) == 1
        assert printed.out == ""
    else:
        (file,) = json.loads(printed.out)["files"]
        refused = bool(file["gitlab_errors"]) or any(each["rule"] == "CK001" for each in file["findings"])
        assert file["verdict"] in (("invalid",) if refused else ("valid", "undecided"))
    return code


@RELAXED
@given(content=st.binary(max_size=200))
def test_any_bytes(content: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lint(content, monkeypatch, capsys)


@RELAXED
@given(value=VALUES)
def test_any_value(value: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text = json.dumps(value) if not isinstance(value, dict) else _flow(value)
    lint(text.encode("utf-8", "surrogatepass"), monkeypatch, capsys)


@RELAXED
@given(job=VALUES, spec=VALUES)
def test_any_value_in_its_place(
    job: object, spec: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in (f"a: {{script: x, image: {_flow(job)}, services: {_flow(spec)}}}\n", _header(spec, job)):
        lint(text.encode("utf-8", "surrogatepass"), monkeypatch, capsys)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_damaged_files(path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    chance = random.Random(path.stem)
    content = path.read_bytes()
    for _ in range(12):
        lint(_damaged(content, chance), monkeypatch, capsys)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]\n",
        "a: &a\n  script: x\n  variables: *a\n",
        "[" * 5000,
        "a: " + "{a: " * 3000,
        "a: {extends: a, script: x}\n",
        "a: {extends: b}\nb: {extends: a}\n",
        "a: {script: [!reference [a, script]]}\n",
        "a: {script: [!reference [b, script]]}\nb: {script: [!reference [a, script]]}\n",
        "a: {script: x, variables: {A: $B, B: $A, C: docker push $A}}\n",
        "a: {script: ['docker push $A'], variables: {A: $A$A$A$A}}\n",
        "include: /dev/stdin\n",
        "include: {local: ../../../etc/passwd}\n",
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)),
        "a: {script: 'docker login " + "-p$x;" * 20000 + "'}\n",
        "a: {script: '" + "docker login \\\\\n" * 20000 + "'}\n",
        'a: {script: "' + "$(" * 20000 + '"}\n',
        "a: {script: '" + '"' * 20001 + "docker push a'}\n",
        "a: {image: '" + "a:" * 50000 + "', script: x}\n",
        "a: {image: '" + "/" * 50000 + "', script: x}\n",
        "a: {image: '" + "$[[ " * 20000 + "', script: x}\n",
    ],
    ids=lambda text: repr(text[:30]),
)
def test_traps(text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lint(text.encode(), monkeypatch, capsys)


def test_variables_that_double(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    doubling = "".join(f"    V{n}: $V{n + 1}$V{n + 1}\n" for n in range(64))
    text = f"a:\n  image: $V0\n  script: docker push $V0\n  variables:\n{doubling}    V64: x\n"
    lint(text.encode(), monkeypatch, capsys)


def _damaged(content: bytes, chance: random.Random) -> bytes:
    at, end = sorted(chance.randrange(len(content)) for _ in range(2))
    return chance.choice(
        [
            content[:at] + content[end:],
            content[:at] + content[at:end][::-1] + content[end:],
            content[:at] + bytes([chance.choice(b" \t\n:-[]{}&*!|>'\"%@`#,?\x00\xff")]) + content[at + 1 :],
            content[:end] + content[at:end] + content[end:],
            content[:at],
        ]
    )


def _flow(value: object) -> str:
    """Return the value as YAML in one line; unlike JSON it has keys of any kind."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"? {_flow(key)} : {_flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return json.dumps(value)


def _header(spec: object, job: object) -> str:
    return f"spec: {{inputs: {_flow(spec)}}}\n---\na: {{script: $[[ inputs.a ]], variables: {_flow(job)}}}\n"
