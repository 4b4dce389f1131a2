"""The JSON schema that GitLab publishes, as the installed check-jsonschema package carries it.

It knows fewer spellings than GitLab takes: the linter asks one only when the user gives it with `--schema`.
"""

import importlib.util
import json
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ci_kit.errors import UsageError
from ci_kit.language.problem import Problem
from ci_kit.source.value import Map, mark_at

_INSIDE = ("builtin_schemas", "vendor", "gitlab-ci.json")
_HINT = "pip install --upgrade check-jsonschema, or give another file with --schema"
_LONGEST = 160  # characters of a message
_INTEGER = 2**63  # what the validator holds


@dataclass(frozen=True, slots=True)
class Violation:
    """One place that breaks the schema: the keys that lead there, and what is wrong in one sentence."""

    keys: tuple[Hashable, ...]
    message: str


def violations(data: Any, schema: Path | None = None) -> Iterator[Violation]:
    """Yield where `data` breaks the schema; UsageError when there is no schema."""
    for error in _validator(schema).iter_errors(_as_json(data)):
        leaf = _leaf(error)
        yield Violation(tuple(leaf.instance_path), leaf.message)


def problems(content: Map, schema: Path) -> Iterator[Problem]:
    """Yield what the schema refuses in the content; UsageError when the file is no schema."""
    for violation in violations(content, schema):
        message = violation.message
        short = message if len(message) < _LONGEST else f"{message[: _LONGEST - 3]}..."
        yield Problem(f"{':'.join(map(str, violation.keys))} {short}", mark_at(content, violation.keys))


def published() -> Path:
    """Return the schema file, found without importing its package; UsageError when it is not there."""
    spec = importlib.util.find_spec("check_jsonschema")
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        raise UsageError("check-jsonschema, which carries GitLab's schema, is not installed", hint=_HINT)
    path = Path(folders[0], *_INSIDE)
    if not path.is_file():
        raise UsageError("this check-jsonschema does not carry GitLab's schema any more", place=str(path), hint=_HINT)
    return path


def _as_json(value: Any) -> Any:
    """Return the value in JSON's types: keys become strings, symbols and refused scalars their text.

    A null in a mapping is left out: to GitLab it means that the keyword is not given.
    """
    if isinstance(value, dict):
        return {str(key): _as_json(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_as_json(part) for part in value]
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if type(value) is int:
        return value if abs(value) < _INTEGER else str(value)
    return value if value is None or isinstance(value, str | bool) else str(value)


@cache
def _document(schema: Path | None) -> dict[str, Any]:
    path = schema or published()
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", place=str(path), hint=_HINT) from error
    except ValueError as error:
        raise UsageError("is not JSON", place=str(path), hint=_HINT) from error
    if not isinstance(said, dict):
        raise UsageError("is not a JSON schema", place=str(path), hint=_HINT)
    return said


@cache
def _validator(schema: Path | None) -> Any:
    import jsonschema_rs

    try:
        return jsonschema_rs.validator_for(_document(schema), validate_formats=False)
    except (ValueError, TypeError) as error:
        raise UsageError("is not a JSON schema", place=str(schema or published()), hint=_HINT) from error


def _leaf(error: Any) -> Any:
    """Return the error that says most: in the branch of a choice that is nearest to what was written."""
    branches = [branch for branch in getattr(error.kind, "context", None) or () if branch]
    if not branches:
        return error
    nearest = min(branches, key=lambda branch: _distance(branch, error))
    return _leaf(max(nearest, key=lambda each: len(list(each.instance_path))))


def _distance(branch: Any, above: Any) -> tuple[bool, int]:
    depth = len(list(above.instance_path))
    other_type = any(each.kind.name == "type" and len(list(each.instance_path)) == depth for each in branch)
    return other_type, len(branch)
