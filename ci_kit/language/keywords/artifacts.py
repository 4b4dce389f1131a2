"""artifacts."""

import re
from collections.abc import Iterator
from typing import Any

from ci_kit.language.duration import seconds
from ci_kit.language.fault import (
    Fault,
    Path,
    is_blank,
    is_text,
    is_texts,
    of_flags,
    of_keys,
    of_lists,
    of_strings,
    spoken,
)

_KEYS = frozenset(("name", "paths", "exclude", "untracked", "public", "access", "when", "expire_in", "expose_as")) | {
    "reports"
}
_LISTED = """
    junit api_fuzzing coverage_fuzzing sast secret_detection dependency_scanning container_scanning
    cluster_image_scanning dast performance browser_performance load_performance license_scanning metrics lsif
    dotenv terraform accessibility requirements requirements_v2 cyclonedx annotations repository_xray sarif
    codequality coverage_report
"""
_REPORTS = frozenset(_LISTED.split())
_UNCHECKED = ("codequality", "coverage_report")
_WHEN = ("on_success", "on_failure", "always")
_ACCESS = ("none", "developer", "maintainer", "all")
_FORMATS = ("cobertura", "jacoco")
_EXPOSED = 100  # characters


def artifacts(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `artifacts:`."""
    if value is None:
        return
    where, path = ":artifacts", ("artifacts",)
    if not isinstance(value, dict):
        yield Fault(f"{where} config should be a hash", path)
        return
    unknown = list(of_keys(where, value, _KEYS, path))
    if unknown:
        yield from unknown
        return
    yield from of_strings(where, value, ("name", "expose_as"), path)
    yield from of_lists(where, value, ("paths", "exclude"), path)
    yield from of_flags(where, value, ("untracked", "public"), path)
    yield from _words(value)
    yield from _exposed(value)
    yield from _reports(value.get("reports"))


def _words(value: dict[Any, Any]) -> Iterator[Fault]:
    if "public" in value and "access" in value:
        together = ", ".join(key for key in value if key in ("public", "access"))
        yield Fault(f":artifacts config these keys cannot be used together: {together}", ("artifacts", "public"))
    for name, words in (("when", _WHEN), ("access", _ACCESS)):
        if value.get(name) is not None and value[name] not in words:
            yield Fault(f":artifacts {name} should be one of: {', '.join(words)}", ("artifacts", name))
    length = value.get("expire_in")
    if length is not None and length != "never" and seconds(length) is None:
        yield Fault(":artifacts expire in should be a duration", ("artifacts", "expire_in"))


def _exposed(value: dict[Any, Any]) -> Iterator[Fault]:
    name = value.get("expose_as")
    paths: Any = value.get("paths")
    if name is None:
        return
    if is_blank(paths):
        yield Fault(":artifacts paths can't be blank", ("artifacts",))
    elif is_texts(paths) and any("*" in str(path) for path in paths):
        yield Fault(":artifacts paths can't contain '*' when used with 'expose_as'", ("artifacts", "paths"))
    if isinstance(name, str) and not re.fullmatch(r"\w[-\w ]*", name):
        words = "expose as can contain only letters, digits, '-', '_' and spaces"
        yield Fault(f":artifacts {words}", ("artifacts", "expose_as"))
    if isinstance(name, str) and len(name) > _EXPOSED:
        words = f"expose as is too long (maximum is {_EXPOSED} characters)"
        yield Fault(f":artifacts {words}", ("artifacts", "expose_as"))


def _reports(value: Any) -> Iterator[Fault]:
    path: Path = ("artifacts", "reports")
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(":artifacts reports should be a hash", path)
        return
    unknown = list(of_keys(":artifacts:reports", value, _REPORTS, path))
    yield from unknown
    for name in () if unknown else value:
        part = value[name]
        if name not in _UNCHECKED and part is not None and not is_text(part) and not is_texts(part):
            words = f"{spoken(name)} should be an array of strings or a string"
            yield Fault(f":artifacts:reports {words}", (*path, name))
    if not unknown and value.get("coverage_report") is not None:
        yield from _coverage(value["coverage_report"], (*path, "coverage_report"))


def _coverage(value: Any, path: Path) -> Iterator[Fault]:
    where = ":artifacts:reports:coverage_report"
    if not isinstance(value, dict):
        yield Fault(f"{where} config should be a hash", path)
        return
    yield from of_keys(where, value, ("coverage_format", "path"), path)
    if is_blank(value.get("coverage_format")):
        yield Fault(f"{where} coverage format can't be blank", path)
    elif value["coverage_format"] not in _FORMATS:
        words = f"coverage format must be one of supported formats: {', '.join(_FORMATS)}."
        yield Fault(f"{where} {words}", (*path, "coverage_format"))
    if is_blank(value.get("path")):
        yield Fault(f"{where} path can't be blank", path)
    if not isinstance(value.get("path"), str):
        yield Fault(f"{where} path should be a string", path)
