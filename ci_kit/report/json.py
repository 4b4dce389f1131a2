"""Findings as the one JSON object that other programs read."""

import json
from collections.abc import Mapping, Sequence

from ci_kit.model.finding import FileReport, Finding

_VERSION = 1


def render(reports: Sequence[FileReport], texts: Mapping[str, str]) -> str:
    """Return the object of the contract: version, and for each root its verdict, GitLab's errors and the findings."""
    files = [_file(report) for report in reports]
    return json.dumps({"version": _VERSION, "files": files}, indent=2, ensure_ascii=False)


def _file(report: FileReport) -> dict[str, object]:
    file: dict[str, object] = {
        "path": report.path,
        "verdict": report.verdict,
        "gitlab_errors": list(report.gitlab_errors),
        "findings": [_finding(finding) for finding in report.findings],
    }
    return file if report.remote is None else file | {"remote": report.remote._asdict()}


def _finding(finding: Finding) -> dict[str, object]:
    place = finding.place
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "chain": list(finding.chain),
        "suggestion": finding.suggestion,
        "url": finding.url,
    }
