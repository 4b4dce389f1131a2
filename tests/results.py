"""Every result file that a test makes is held against the published schema."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from ci_kit.gitlab_api import result_schema


@cache
def _validator() -> Any:
    import jsonschema_rs

    return jsonschema_rs.validator_for(result_schema.schema())


def assert_result(text: str) -> None:
    """Fail when `text` is no result file as the schema has it."""
    errors = _validator().iter_errors(json.loads(text))
    wrong = [f"{'.'.join(map(str, error.instance_path))}: {error.message}" for error in errors]
    if wrong:
        raise AssertionError("; ".join(wrong))


def assert_results(folder: Path) -> None:
    """The same for the result files of a project."""
    for path in folder.glob("*result*.json"):
        assert_result(path.read_text(encoding="utf-8"))
