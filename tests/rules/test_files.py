"""Jobs as people write them: the good ones give no finding at all, the bad ones exactly those that they mark."""

from collections import Counter
from pathlib import Path

import pytest

from tests.rules.linted import expected, places, report

HERE = Path(__file__).parent
GOOD = sorted((HERE / "good").glob("*.yml"))
BAD = sorted((HERE / "bad").glob("*.yml"))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = report(path, capsys)
    assert [(one["line"], one["name"], one["message"]) for one in file["findings"]] == []
    assert (file["verdict"], file["gitlab_errors"]) == ("valid", [])


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = report(path, capsys)
    marked = expected(path.read_text("utf-8"))
    assert marked != Counter()
    assert places(file) == marked
    assert file["verdict"] == "valid"
