"""`ci-kit schema`: what editors get is the schema itself."""

import json

import pytest

from ci_kit.cli import main
from ci_kit.config.schema import schema
from ci_kit.gitlab_api import result_schema


def test_it_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    shown = capsys.readouterr().out
    assert json.loads(shown) == schema()
    assert shown.endswith("}\n")


def test_it_prints_the_schema_of_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--result"]) == 0
    assert json.loads(capsys.readouterr().out) == result_schema.schema()


def test_the_schema_of_the_result_is_one_and_only_grows() -> None:
    import jsonschema

    said = result_schema.schema()
    jsonschema.Draft7Validator.check_schema(said)
    image = said["properties"]["images"]["items"]
    assert set(image["required"]) >= {
        "name",
        "image",
        "digest",
        "tags",
        "skipped",
        "content",
        "builder",
        "seconds",
        "size",
        "platforms",
        "recorded",
    }
    assert "additionalProperties" not in image
