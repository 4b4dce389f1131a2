"""What holds of every answer, whatever the file: the verdict goes with the messages, each place is in its file."""

from collections.abc import Iterator, Mapping

from ci_kit.model.finding import FileReport
from ci_kit.source.lines import lines_of
from ci_kit.source.value import Mark


def unsound(report: FileReport, texts: Mapping[str, str]) -> Iterator[str]:
    """Yield what cannot be true of a report; `texts` are the files that were read, by their paths."""
    if (report.verdict == "invalid") != bool(report.gitlab_errors):
        yield f"verdict {report.verdict} with {report.gitlab_errors}"
    lines = {path: lines_of(text) for path, text in texts.items()}
    for finding in report.findings:
        place = finding.place
        wrong = misplaced((place.line, place.column, place.end_line, place.end_column, place.path), lines)
        if wrong:
            yield f"{finding.rule} {finding.message[:80]!r}: {wrong}"


def misplaced(mark: Mark, lines: Mapping[str, list[str]]) -> str:
    """Return what is wrong with a place, empty when it lies within the lines of its file."""
    line, column, end_line, end_column, path = mark
    if path not in lines:
        return f"{path!r} was not read"
    for row, letter in ((line, column), (end_line, end_column)):
        if not 1 <= row <= len(lines[path]) + 1:
            return f"{mark} is not one of {len(lines[path])} lines"
        length = len(lines[path][row - 1]) if row <= len(lines[path]) else 0
        if not 1 <= letter <= length + 2:
            return f"{mark} is not within {length} letters"
    return f"{mark} ends before it begins" if (end_line, end_column) < (line, column) else ""
