"""One root file: GitLab's verdict, the schema's second opinion, and the rules, each finding with its place."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ci_kit.language.analyse import Pipeline, analyse, is_component
from ci_kit.language.problem import Problem
from ci_kit.language.project import Project
from ci_kit.lint.rule import Hit, PipelineRule, Rule
from ci_kit.lint.rules import rules_about
from ci_kit.model.finding import FileReport, Finding
from ci_kit.model.place import Place
from ci_kit.source.lines import lines_of
from ci_kit.source.value import Mark


class Options(NamedTuple):
    """Which rules are asked (`skipped` are not), and the schema that replaces the published one."""

    skipped: Collection[str] = ()
    schema: Path | None = None


def lint(text: str, path: str, project: Project, options: Options) -> FileReport:
    """Return GitLab's answer for a root file and our findings, in the order of their places."""
    found = analyse(text, path, project, options.schema)
    findings = [*_answer(found), *_component(found, project), *_rules(found, options)]
    kept = [one for one in findings if one.rule not in options.skipped]
    return FileReport(path, found.verdict, found.gitlab, _sorted(kept))


def _answer(found: Pipeline) -> Iterator[Finding]:
    """Yield what GitLab refuses, what was not read, and what is refused unless an unread file says otherwise."""
    if not (found.problems or found.left or found.left_out or found.open):
        return
    from ci_kit.lint import answers
    from ci_kit.lint.chain import chain_of

    for problem in found.problems:
        yield _refused(answers.INVALID, problem, found, problem.ours or problem.message)
    for words, mark in (*found.left, *found.left_out):
        yield answers.OPEN.finding(words, Place.of(mark), chain_of(found, mark))
    for problem in found.open:
        words = f"{problem.ours or problem.message}, unless an include that was not read puts it right"
        yield _refused(answers.UNDECIDED, problem, found, words)


def _refused(rule: Rule, problem: Problem, found: Pipeline, words: str) -> Finding:
    from ci_kit.lint.chain import chain_of

    return rule.finding(words, Place.of(problem.at), chain_of(found, problem.at, problem.job), problem.suggestion)


def _component(found: Pipeline, project: Project) -> Iterator[Finding]:
    if is_component(found.path):
        from ci_kit.lint import component

        yield from component.check(found, project)


def _rules(found: Pipeline, options: Options) -> Iterator[Finding]:
    hits = list(_hits(found, [rule for rule in rules_about(found.texts.values()) if rule.id not in options.skipped]))
    if not hits:
        return
    from ci_kit.lint.chain import chain_of
    from ci_kit.lint.ignore import ignored

    lines = {path: lines_of(text) for path, text in found.texts.items()}
    silenced = {path: ignored(found.texts[path], lines[path]) for path in lines}
    seen: set[tuple[str, Place, str]] = set()
    for rule, hit in hits:
        place = _locate(hit.needle, hit.text.at, lines.get(hit.text.at[4], []))
        finding = rule.finding(hit.message, place, chain_of(found, hit.text.at), hit.suggestion)
        key = (finding.rule, finding.place, finding.message)
        if key not in seen and rule.id not in silenced.get(finding.place.path, {}).get(finding.place.line, ()):
            seen.add(key)
            yield finding


def _hits(found: Pipeline, asked: Sequence[Rule]) -> Iterator[tuple[Rule, Hit]]:
    of_pipelines = [rule for rule in asked if isinstance(rule, PipelineRule)]
    of_jobs = [rule for rule in asked if not isinstance(rule, PipelineRule)]
    yield from ((rule, hit) for rule in of_pipelines for hit in rule.check(found))
    if of_jobs:
        from ci_kit.language.jobs import jobs_of

        for job in jobs_of(found.content):
            yield from ((rule, hit) for rule in of_jobs for hit in rule.check(job))


def _locate(needle: str, mark: Mark, lines: Sequence[str]) -> Place:
    """Return where `needle` stands within the value at `mark`, the value itself when it is spelled otherwise there."""
    for number in range(mark[0], min(mark[2], len(lines)) + 1):
        begin = mark[1] - 1 if number == mark[0] else 0
        column = lines[number - 1].find(needle, begin) if needle else -1
        if column >= 0:
            return Place(mark[4], number, column + 1, number, column + 1 + len(needle))
    return _shell_locate(needle, mark, lines)


def _shell_locate(needle: str, mark: Mark, lines: Sequence[str]) -> Place:
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
    return Place.of(mark)


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda each: (each.place.path, each.place.line, each.place.column, each.rule)))
