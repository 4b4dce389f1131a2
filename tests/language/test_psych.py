"""Each small document reads as Psych itself has read it: Psych 4.0.3 with libyaml 0.2.5."""

import json
from pathlib import Path
from typing import Any

import pytest

from ci_kit.source.position import Part
from ci_kit.source.reader import YamlError, first
from tests.language.typed import measured, typed

HERE = Path(__file__).parent
CASES = [
    json.loads(line)
    for name in ("psych.jsonl", "psych_more.jsonl")
    for line in (HERE / name).read_text("utf-8").splitlines()
]
# Psych reads a list that holds itself, and GitLab refuses it when it counts what is in it.
RECURSIVE = "a: &x [*x]\n"


def reading(text: str) -> Any:
    """Return what we make of a document, or the message with which GitLab refuses it."""
    try:
        document = first(Part("case.yml", text, 0, len(text)))
    except YamlError as error:
        return error.gitlab
    assert document is not None
    for error in (*document.refused, *document.excess):
        return error.gitlab
    return typed(document.value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case["yaml"])[:40])
def test_as_psych(case: dict[str, Any]) -> None:
    if case["yaml"] == RECURSIVE:
        assert reading(RECURSIVE) == "The parsed YAML is too big"
        return
    assert reading(case["yaml"]) == measured(case.get("value", case.get("message")))
