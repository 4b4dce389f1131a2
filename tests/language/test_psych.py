"""Each small document reads as Psych itself has read it."""

import json
from pathlib import Path
from typing import Any

import pytest

from ci_kit.source.reader import YamlError, read
from ci_kit.source.value import Symbol

CASES = [json.loads(line) for line in Path(__file__).with_name("psych.jsonl").read_text("utf-8").splitlines()]
# Psych reads a list that holds itself; we refuse it, since every walk over it would be endless.
RECURSIVE = "a: &x [*x]\n"


def typed(value: Any) -> dict[str, Any]:
    if isinstance(value, Symbol):
        return {"symbol": value.name}
    if isinstance(value, bool) or value is None:
        return {"plain": value}
    if isinstance(value, str):
        return {"string": value}
    if isinstance(value, int | float):
        return {"float" if isinstance(value, float) else "int": str(value)}
    if isinstance(value, dict):
        return {"map": [[typed(key), typed(part)] for key, part in value.items()]}
    return {"list": [typed(part) for part in value]}


def reading(text: str) -> Any:
    """Return what we make of a document, or the message with which GitLab refuses it."""
    try:
        tree = read(text, "case.yml")
    except YamlError as error:
        return error.gitlab
    if tree.disallowed:
        return f"Tried to load unspecified class: {tree.disallowed[0][0].name}"
    return typed(tree.documents[0] if tree.documents else False)


@pytest.mark.parametrize("case", CASES, ids=lambda case: repr(case["yaml"])[:40])
def test_as_psych(case: dict[str, Any]) -> None:
    if case["yaml"] == RECURSIVE:
        with pytest.raises(YamlError, match="inside its own anchor"):
            read(RECURSIVE, "case.yml")
        return
    assert reading(case["yaml"]) == case.get("value", case.get("message"))
