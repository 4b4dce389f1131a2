"""The job that most projects begin with: exactly what is risky about it, and where."""

from pathlib import Path

import pytest

from ci_kit.cli import main
from tests.rules.linted import report

FILE = Path("examples/plain-dind/.gitlab-ci.yml")


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])


def test_exact_findings(capsys: pytest.CaptureFixture[str]) -> None:
    file = report(FILE, capsys)
    keys = ("rule", "severity", "path", "line", "column", "end_line", "end_column")
    assert [tuple(finding[key] for key in keys) for finding in file["findings"]] == [
        ("CK103", "warning", str(FILE), 2, 10, 2, 23),
        ("CK103", "warning", str(FILE), 4, 7, 4, 18),
        ("CK102", "warning", str(FILE), 8, 43, 8, 69),
    ]
    assert (file["verdict"], file["gitlab_errors"]) == ("valid", [])


def test_nothing_of_it_is_an_error() -> None:
    assert main(["lint", str(FILE)]) == 0
    assert main(["lint", "--fail-on", "warning", str(FILE)]) == 1
