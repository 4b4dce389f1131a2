"""artifacts."""

import re
from collections.abc import Iterator
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.fault import (
    Fault,
    Path,
    composed,
    is_among,
    is_texts,
    of_flags,
    of_hash,
    of_keys,
    of_lists,
    of_presence,
    of_string,
    of_strings,
    of_texts,
    of_together,
    of_word,
    size,
    suggestion,
)

_KEYS = frozenset(
    ("name", "untracked", "paths", "reports", "when", "expire_in", "expose_as", "exclude", "public", "access")
)
_ACCESS_KEYS = ("access", "public")
# In GitLab's order; `sast` is asked twice.
_LISTED = """
    junit api_fuzzing coverage_fuzzing sast sast secret_detection dependency_scanning container_scanning
    cluster_image_scanning dast performance browser_performance load_performance license_scanning metrics lsif
    dotenv terraform accessibility requirements requirements_v2 cyclonedx annotations repository_xray sarif
"""
_TEXTS = tuple(_LISTED.split())
_REPORTS = frozenset((*_TEXTS, "codequality", "coverage_report"))
_WHEN = ("on_success", "on_failure", "always")
_ACCESS = ("none", "developer", "maintainer", "all")
_FORMATS = ("cobertura", "jacoco")
_EXPOSED = 100  # characters
_WHERE, _PATH = ":artifacts", ("artifacts",)


def artifacts(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `artifacts:`."""
    if value is not None:
        yield from composed(_own(value), _reports(value))


def _own(value: Any) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield from of_hash(_WHERE, value, _PATH)
        yield from of_hash(_WHERE, value, _PATH)  # GitLab asks twice
        return
    exposed = value.get("expose_as") is not None
    yield from of_keys(_WHERE, value, _KEYS, _PATH)
    yield from of_presence(_WHERE, value, "paths", _PATH) if exposed else ()
    if "access" in value:
        yield from of_together(_WHERE, value, _ACCESS_KEYS, _PATH)
    if "name" in value:
        yield from of_strings(_WHERE, value, ("name",), _PATH)
    yield from of_flags(_WHERE, value, ("public", "untracked"), _PATH)
    yield from of_lists(_WHERE, value, ("paths",), _PATH)
    yield from _exposed(value) if exposed else ()
    yield from _rest(value)


def _exposed(value: dict[Any, Any]) -> Iterator[Fault]:
    name, paths = value["expose_as"], value.get("paths")
    yield from of_lists(_WHERE, value, ("paths",), _PATH)
    starred = next(
        (number for number, one in enumerate(paths if isinstance(paths, list) else ()) if "*" in str(one)), None
    )
    if is_texts(paths) and starred is not None:
        words = "paths can't contain '*' when used with 'expose_as'"
        yield Fault(f"{_WHERE} {words}", (*_PATH, "paths", starred))
    yield from of_strings(_WHERE, value, ("expose_as",), _PATH)
    if size(name) > _EXPOSED:
        yield Fault(f"{_WHERE} expose as is too long (maximum is {_EXPOSED} characters)", (*_PATH, "expose_as"))
    if not re.fullmatch(r"\w[-\w ]*", ruby.text(name), re.A):
        words = "expose as can contain only letters, digits, '-', '_' and spaces"
        yield Fault(f"{_WHERE} {words}", (*_PATH, "expose_as"))


def _rest(value: dict[Any, Any]) -> Iterator[Fault]:
    if "exclude" in value:
        yield from of_lists(_WHERE, value, ("exclude",), _PATH)
    if value.get("reports") is not None and not isinstance(value["reports"], dict):
        yield Fault(f"{_WHERE} reports should be a hash", (*_PATH, "reports"))
    if "when" in value:
        yield from of_word(_WHERE, value, "when", _WHEN, _PATH)
    if "expire_in" in value and not _is_period(value["expire_in"]):
        yield Fault(f"{_WHERE} expire in should be a duration", (*_PATH, "expire_in"))
    if "access" in value:
        yield from of_word(_WHERE, value, "access", _ACCESS, _PATH)


def _is_period(value: Any) -> bool:
    from ci_kit.language.keywords.pages import is_period

    return is_period(value)


def _reports(value: dict[Any, Any]) -> Iterator[Fault]:
    reports, path = value.get("reports"), (*_PATH, "reports")
    if reports is not None:
        yield from composed(_of_reports(reports, path), _coverage(reports, (*path, "coverage_report")))


def _of_reports(value: dict[Any, Any], path: Path) -> Iterator[Fault]:
    yield from of_keys(":artifacts:reports", value, _REPORTS, path)
    yield from of_texts(":artifacts:reports", value, _TEXTS, path)


def _coverage(reports: dict[Any, Any], path: Path) -> Iterator[Fault]:
    where, value = ":artifacts:reports:coverage_report", reports.get("coverage_report")
    if value is None:
        return
    yield from of_hash(where, value, path)
    yield from of_keys(where, value, ("coverage_format", "path"), path)
    about = value if isinstance(value, dict) else {}
    yield from of_presence(where, about, "coverage_format", path)
    said = about.get("coverage_format")
    if not is_among(said, _FORMATS):
        words = f"coverage format must be one of supported formats: {', '.join(_FORMATS)}."
        near = suggestion(ruby.text(said), _FORMATS)
        yield Fault(f"{where} {words}", (*path, "coverage_format"), suggestion=near, curable=value == {})
    yield from of_presence(where, about, "path", path)
    yield from of_string(where, about, "path", path)
