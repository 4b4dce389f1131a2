"""`ci-kit lint`: GitLab's verdict without GitLab, and what it accepts but will hurt."""

import argparse
import gc
from collections.abc import Collection, Mapping
from pathlib import Path

from ci_kit.commands.pipeline_files import (
    PIPELINE,
    add_reading_arguments,
    project_of,
    read_each,
    read_root,
    root_folder,
)
from ci_kit.commands.project_files import ProjectFiles
from ci_kit.errors import EXIT_FINDINGS, EXIT_OK, UsageError
from ci_kit.language.project import Project
from ci_kit.lint import engine
from ci_kit.lint.rules import RULES, rule
from ci_kit.model.finding import FileReport
from ci_kit.report import REPORTERS, reporter

HELP = "Say what GitLab would say of a pipeline file, offline, and what it accepts but will hurt."
_SETTINGS = ".ci-kit.yml"
_TEMPLATES = ("templates/*.yml", "templates/*/template.yml")
_SEVERITIES = ("note", "warning", "error")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the files, what counts as a failure, and the form of the report."""
    parser.add_argument(
        "file", nargs="*", metavar="FILE", help=f"roots (default: {PIPELINE} and templates/); - is stdin"
    )
    parser.add_argument(
        "--fail-on", choices=_SEVERITIES[::-1], default="error", help="exit 1 from here on (default: error)"
    )
    parser.add_argument("--format", choices=REPORTERS, default="text", help="what stdout gets (default: text)")
    parser.add_argument("--select", metavar="IDS", help="only these rules, as CK101,CK102")
    parser.add_argument("--ignore", metavar="IDS", help="all rules but these")
    parser.add_argument("--schema", metavar="FILE", help="a schema in place of the published one")
    add_reading_arguments(parser)
    parser.add_argument(
        "--remote", action="store_true", help="also ask GitLab's CI Lint API, which gets the file, and compare"
    )
    parser.add_argument("--explain", metavar="ID", help="print why a rule is there, with its examples")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the report; 1 when GitLab would reject a file or a finding reaches --fail-on.

    SourceError: a file cannot be read. The others are reported all the same.
    """
    if arguments.explain:
        print(_explanation(arguments.explain))
        return EXIT_OK
    options = engine.Options(_skipped(arguments), Path(arguments.schema) if arguments.schema else None)
    texts: dict[str, str] = {}
    files = ProjectFiles(root_folder(arguments.root))
    project = project_of(files, arguments, environ, texts)
    gc.disable()  # positions make many small objects, and the process ends before they are worth collecting
    try:
        reports, unread = read_each(arguments.file or _roots(), lambda path: _lint(path, project, options, texts))
    finally:
        gc.enable()
    if arguments.remote and reports:
        from ci_kit.commands.remote_answer import with_remote

        reports = with_remote(reports, texts, files.root, environ)
    if reports:
        print(reporter(arguments.format)(reports, texts))
    if unread:
        raise unread
    return EXIT_FINDINGS if any(_fails(report, arguments.fail_on) for report in reports) else EXIT_OK


def _lint(path: str, project: Project, options: engine.Options, texts: dict[str, str]) -> FileReport:
    name, text = read_root(path)
    texts[name] = text
    return engine.lint(text, name, project, options)


def _roots() -> list[str]:
    """Return the pipeline and the components of the project; the pipeline's name even when it is missing."""
    templates = sorted(path for pattern in _TEMPLATES for path in Path().glob(pattern))
    found = [PIPELINE] if Path(PIPELINE).exists() or not templates else []
    return [*found, *map(str, templates)]


def _skipped(arguments: argparse.Namespace) -> frozenset[str]:
    """Return the ids that are not reported; the settings' list counts where no flag says otherwise."""
    if arguments.select:
        return _optional() - _ids(arguments.select, "--select", _optional())
    if arguments.ignore:
        return _ids(arguments.ignore, "--ignore", _optional())
    if not Path(_SETTINGS).exists():  # most projects have none, and the settings take 20 ms to import
        return frozenset()
    from ci_kit.config import load

    return frozenset(load.lint_settings(Path(_SETTINGS)).ignore)


def _optional() -> frozenset[str]:
    """Return the ids that may be left out: of all but what GitLab refuses."""
    from ci_kit.lint.answers import ANSWERS, INVALID

    return frozenset((*ANSWERS, *RULES)) - {INVALID.id}


def _ids(text: str, place: str, known: Collection[str]) -> frozenset[str]:
    ids = frozenset(part.strip().upper() for part in text.split(",") if part.strip())
    unknown = sorted(ids.difference(known))
    if unknown:
        hint = f"rules: {', '.join(sorted(known))}"
        raise UsageError(f"there is no rule {unknown[0]!r}", place=place, hint=hint)
    return ids


def _fails(report: FileReport, least: str) -> bool:
    worst = max((_SEVERITIES.index(finding.severity) for finding in report.findings), default=-1)
    refused = report.verdict == "invalid" or (report.remote is not None and not report.remote.valid)
    return refused or worst >= _SEVERITIES.index(least)


def _explanation(rule_id: str) -> str:
    from ci_kit.lint.answers import ANSWERS

    found = "".join(sorted(_ids(rule_id, "--explain", (*ANSWERS, *RULES)))[:1])
    about = ANSWERS.get(found) or rule(found)
    parts = [f"{about.id} {about.name} ({about.severity})", about.why, f"Bad:\n\n{about.bad}", f"Good:\n\n{about.good}"]
    return "\n\n".join([*parts, f"Source: {about.source}"])
