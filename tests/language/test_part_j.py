"""GitLab's observed answers to small inputs: `observed.jsonl` has the input and all messages, in their order.

The list has no message twice, so repeats are left out here; `...` at the end of a message stands for the rest of it,
and of the list. `ee` marks rows of keywords that GitLab's free edition does not have, with our answer.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from ci_kit.language.analyse import analyse
from ci_kit.language.project import Project

ROWS = [json.loads(line) for line in (Path(__file__).parent / "observed.jsonl").read_text("utf-8").splitlines()]


def test_every_row_is_there() -> None:
    assert len(ROWS) == 464
    assert sum("ee" in row for row in ROWS) == 9


def is_same(ours: str, theirs: str) -> bool:
    return ours.startswith(theirs[:-3]) if theirs.endswith("...") else ours == theirs


@pytest.mark.parametrize("row", ROWS, ids=[row["input"].strip().replace("\n", " // ") for row in ROWS])
def test_observed(row: dict[str, Any]) -> None:
    found = analyse(row["input"], "f.yml", Project({}.get))
    shown, wanted = list(dict.fromkeys(found.gitlab)), row["verdict"]
    if wanted == "ok":
        assert (found.verdict, shown) == ("valid", [])
    elif wanted == "crash":
        assert [message[:17] for message in shown] == ["Undefined error ("]
    else:
        compared = shown[: len(wanted)] if wanted[-1].endswith("...") else shown
        assert len(compared) == len(wanted), shown
        assert all(map(is_same, compared, wanted)), shown
