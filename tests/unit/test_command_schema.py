"""`ci-kit schema`: what editors get is the schema itself."""

import json

import pytest

from ci_kit.cli import main
from ci_kit.config.schema import schema


def test_it_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    shown = capsys.readouterr().out
    assert json.loads(shown) == schema()
    assert shown.endswith("}\n")
