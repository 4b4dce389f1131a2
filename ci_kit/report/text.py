"""Findings as a person reads them: the place, the sentence, the line with a mark under it."""

from collections.abc import Iterator, Mapping, Sequence

from ci_kit.model.finding import FileReport, Finding
from ci_kit.source.lines import lines_of

_WIDTH = 160


def render(reports: Sequence[FileReport], texts: Mapping[str, str]) -> str:
    """Return all findings and, a file each, the verdict; `texts` has the lines to show by path."""
    split = {path: lines_of(text) for path, text in texts.items()}
    lines = [line for report in reports for finding in report.findings for line in _finding(finding, split)]
    for report in reports:
        lines.append(f"{report.path}: {report.verdict}{_count(report)}")
        lines += _remote(report)
    return "\n".join(lines)


def _remote(report: FileReport) -> Iterator[str]:
    """Yield what an instance of GitLab says, and each error that only one of us has."""
    if report.remote is not None:
        same = "" if report.remote.only_remote or report.remote.only_local else ", with the same errors"
        yield f"    GitLab itself: {'valid' if report.remote.valid else 'invalid'}{same}"
        yield from (f"    only GitLab says: {_line(error)}" for error in report.remote.only_remote)
        yield from (f"    only ci-kit says: {_line(error)}" for error in report.remote.only_local)


def _line(text: str) -> str:
    """Return a server's text on one line; it has no say over the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))


def _count(report: FileReport) -> str:
    number = len(report.findings)
    return f", {number} finding{'' if number == 1 else 's'}" if number else ""


def _finding(finding: Finding, lines: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield f"{finding.place}: {finding.severity} {finding.rule} {finding.name}: {finding.message}"
    yield from _excerpt(finding, lines.get(finding.place.path, ()))
    if finding.chain:
        yield f"    reached through {', '.join(finding.chain)}"
    if finding.suggestion:
        yield f"    instead: {finding.suggestion}"


def _excerpt(finding: Finding, lines: Sequence[str]) -> Iterator[str]:
    place = finding.place
    line = lines[place.line - 1][:_WIDTH].expandtabs(1) if place.line <= len(lines) else ""
    if not line.strip():
        return
    end = place.end_column if place.end_line == place.line else len(line) + 1
    yield f"    {line}"
    if place.column <= _WIDTH:
        yield f"    {' ' * (place.column - 1)}{'^' * max(min(end, _WIDTH) - place.column, 1)}"
