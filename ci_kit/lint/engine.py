"""One root file: GitLab's verdict, the schema's second opinion, and the rules, each finding with its place."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from ci_kit.language import everyday
from ci_kit.language.file import File, open_file
from ci_kit.language.include import Fetcher, Included, resolve
from ci_kit.language.jobs import jobs_of
from ci_kit.language.verdict import GitLabError, judge
from ci_kit.lint.ignore import ignored
from ci_kit.lint.rule import Hit, Rule
from ci_kit.lint.rules import RULES
from ci_kit.model.finding import FileReport, Finding, Verdict
from ci_kit.model.place import Place
from ci_kit.source.reader import YamlError
from ci_kit.source.value import Map, Mark, Seq

INVALID = "CK001"
_INVALID_NAME = "invalid-pipeline"
_OPEN_NAME = "include-not-read"
OPEN = "CK002"


class Options(NamedTuple):
    """Which rules are asked (`skipped` are not), and the schema that replaces the published one."""

    skipped: Collection[str] = ()
    schema: Path | None = None


def lint(text: str, path: str, fetch: Fetcher, options: Options) -> FileReport:
    """Return GitLab's answer for a root file and our findings, in the order of their places."""
    try:
        root = open_file(text, path, {})
    except YamlError as error:
        return FileReport(path, "invalid", (error.gitlab,), (_syntax(error, path),))
    if root.tree.disallowed:
        refused, mark = root.tree.disallowed[0]
        words = f"Tried to load unspecified class: {refused.name}"
        return FileReport(path, "invalid", (words,), (_of_gitlab(GitLabError(words, mark)),))
    found = resolve(root, fetch)
    errors = judge(found)
    findings = [*map(_of_gitlab, errors), *_schema(root, errors, options), *_open(found, options)]
    findings += _rules(found, options)
    return FileReport(
        path, _verdict(errors, findings, found), tuple(error.message for error in errors), _sorted(findings)
    )


def _verdict(errors: list[GitLabError], findings: list[Finding], found: Included) -> Verdict:
    if errors or any(finding.rule == INVALID for finding in findings):
        return "invalid"
    return "undecided" if found.unresolved else "valid"


def _schema(root: File, errors: list[GitLabError], options: Options) -> Iterator[Finding]:
    """Yield the schema's violations where GitLab's words have said nothing yet."""
    if errors or not isinstance(root.content, Map) or (options.schema is None and everyday.is_everyday(root.content)):
        return
    from ci_kit.language import schema  # with its libraries it takes longer to import than a file to lint

    for violation in schema.violations(root.content, options.schema):
        mark = _mark_of(root.content, violation.keys)
        where = ":".join(map(str, violation.keys))
        yield Finding(INVALID, _INVALID_NAME, "error", f"{where}: {violation.message}", _place(mark))


def _open(found: Included, options: Options) -> Iterator[Finding]:
    if OPEN not in options.skipped:
        for what, mark in found.unresolved:
            message = f"{what} is not read here: what it holds is not judged"
            yield Finding(OPEN, _OPEN_NAME, "note", message, _place(mark))


def _rules(found: Included, options: Options) -> Iterator[Finding]:
    texts = {file.path: file.text for file in found.files}
    silenced = {path: ignored(text) for path, text in texts.items()}
    seen: set[tuple[str, Place, str]] = set()
    for job in jobs_of(found.content):
        for rule in RULES.values():
            if rule.id in options.skipped:
                continue
            for hit in rule.check(job):
                finding = _finding(rule, hit, texts.get(hit.text.at[4], ""))
                key = (finding.rule, finding.place, finding.message)
                if key not in seen and rule.id not in silenced.get(finding.place.path, {}).get(finding.place.line, ()):
                    seen.add(key)
                    yield finding


def _finding(rule: Rule, hit: Hit, text: str) -> Finding:
    place = _locate(hit.needle, hit.text.at, text)
    return Finding(rule.id, rule.name, rule.severity, hit.message, place, (), hit.suggestion, rule.url)


def _locate(needle: str, mark: Mark, text: str) -> Place:
    """Return where `needle` stands within the value at `mark`, the value itself when it is spelled otherwise there."""
    lines = text.split("\n")
    for number in range(mark[0], min(mark[2], len(lines)) + 1):
        begin = mark[1] - 1 if number == mark[0] else 0
        column = lines[number - 1].find(needle, begin) if needle else -1
        if column >= 0:
            return Place(mark[4], number, column + 1, number, column + 1 + len(needle))
    return _shell_locate(needle, mark, lines)


def _shell_locate(needle: str, mark: Mark, lines: list[str]) -> Place:
    """Return where the first of several words stands: quotes were taken off between them."""
    first, _, rest = needle.partition(" ")
    for number in range(mark[0], min(mark[2], len(lines)) + 1) if rest else ():
        line = lines[number - 1]
        begin = line.find(f" {first} ")
        end = line.find(rest, begin)
        if 0 <= begin < end:
            after = end + len(rest)
            quote = line[after : after + 1] in ('"', "'")
            return Place(mark[4], number, begin + 2, number, after + 1 + quote)
    return _place(mark)


def _syntax(error: YamlError, path: str) -> Finding:
    _, line, column = error.place.rsplit(":", 2)
    place = Place(path, int(line), int(column), int(line), int(column) + 1)
    return Finding(INVALID, _INVALID_NAME, "error", error.message, place)


def _of_gitlab(error: GitLabError) -> Finding:
    return Finding(INVALID, _INVALID_NAME, "error", error.message, _place(error.at), suggestion=error.suggestion)


def _mark_of(value: object, keys: tuple[object, ...]) -> Mark:
    mark = value.at if isinstance(value, Map | Seq) else (1, 1, 1, 1, "")
    for key in keys:
        if isinstance(value, Map) and key in value:
            mark, value = value.values_at[key], value[key]
        elif isinstance(value, Seq) and isinstance(key, int) and key < len(value):
            mark, value = value.items_at[key], value[key]
    return mark


def _place(mark: Mark) -> Place:
    return Place(mark[4], *mark[:4])


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda each: (each.place.path, each.place.line, each.place.column, each.rule)))
