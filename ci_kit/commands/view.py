"""`ci-kit view`: what GitLab makes of a pipeline file, and which jobs run when."""

import argparse
import gc
import sys
from collections.abc import Iterable, Mapping, Sequence

from ci_kit.commands import view_json, view_text
from ci_kit.commands.pipeline_files import (
    PIPELINE,
    add_reading_arguments,
    project_of,
    read_each,
    read_root,
    root_folder,
)
from ci_kit.commands.project_files import ProjectFiles
from ci_kit.commands.viewed import Viewed, place_of
from ci_kit.errors import EXIT_FINDINGS, EXIT_OK, SourceError, UsageError
from ci_kit.language.analyse import Pipeline, analyse
from ci_kit.language.event import event_of
from ci_kit.language.explain import Explanation, explain, names_of
from ci_kit.language.project import Project
from ci_kit.language.simulate import simulate
from ci_kit.language.workflow import Asked, scope_of
from ci_kit.model.nearest import nearest

HELP = "Show what GitLab makes of a pipeline file: the merged configuration, its jobs, and which of them run when."
_MOST = 20  # problems that are told; ci-kit lint tells all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the files, what to show of them, the event that is asked about, and the form."""
    parser.add_argument("file", nargs="*", metavar="FILE", help=f"roots (default: {PIPELINE}); - is stdin")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--merged", action="store_true", help="the configuration of all files (the default)")
    what.add_argument("--jobs", action="store_true", help="the jobs that GitLab creates, one a line")
    what.add_argument("--explain-job", metavar="NAME", help="one job: each keyword with the place it comes from")
    parser.add_argument("--origin", action="store_true", help="with --merged: file:line above each key")
    events = "branch=NAME, tag=NAME, mr[=TARGET], schedule, web, api, trigger, pipeline, parent"
    parser.add_argument("--for", dest="event", metavar="EVENT", help=f"which jobs run then: {events}")
    parser.add_argument("--variable", action="append", metavar="KEY=VALUE", help="with --for: a variable that is set")
    parser.add_argument("--changed", action="append", metavar="PATH", help="with --for: a file that changed")
    parser.add_argument("--default-branch", metavar="NAME", help="with --for: the project's (default: main)")
    add_reading_arguments(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what stdout gets (default: text)")


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the view; 1 when GitLab refuses a file. SourceError: a file cannot be read. The others are shown."""
    project = project_of(ProjectFiles(root_folder(arguments.root)), arguments, environ, {})
    asked = _asked(arguments, project)
    gc.disable()  # positions make many small objects, and the process ends before they are worth collecting
    try:
        pipelines, unread = read_each(arguments.file or [PIPELINE], lambda path: _pipeline(path, project, asked))
        refused = [line for pipeline in pipelines for line in _refused(pipeline)]
        shown = [pipeline for pipeline in pipelines if pipeline.verdict != "invalid"]
        _tell((*refused, *(f"{place_of(at)}: {what}" for pipeline in shown for what, at in pipeline.left)))
        if shown and not (refused and arguments.explain_job is not None):
            _show(shown, arguments, asked)
    except RecursionError as error:
        hint = "name fewer lists in lists"
        raise SourceError("what !reference brings nests too deep to be shown", hint=hint) from error
    finally:
        gc.enable()
    if unread:
        raise unread
    return EXIT_FINDINGS if refused else EXIT_OK


def _pipeline(path: str, project: Project, asked: Asked | None) -> Pipeline:
    """Return what GitLab makes of a root; rules of its includes are asked for the event too."""
    name, text = read_root(path)
    return analyse(text, name, project._replace(scope=scope_of(asked)) if asked else project)


def _show(pipelines: Sequence[Pipeline], arguments: argparse.Namespace, asked: Asked | None) -> None:
    render = view_json if arguments.format == "json" else view_text
    viewed = [Viewed(one, asked, simulate(one.content, asked) if asked else None) for one in pipelines]
    if arguments.explain_job is not None:
        print(render.explained(_explained(viewed, arguments.explain_job)))
    elif arguments.jobs:
        _tell(line for one in viewed for line in view_text.complaints(one))
        print(render.jobs(viewed))
    else:
        print(view_json.merged(viewed) if render is view_json else view_text.merged(viewed, arguments.origin))


def _explained(viewed: Sequence[Viewed], name: str) -> list[tuple[Viewed, Explanation]]:
    """Return the explanations of the job in the files that have it; UsageError when none has."""
    known = {one.pipeline.path: names_of(one.pipeline) for one in viewed}
    having = [one for one in viewed if name in known[one.pipeline.path]]
    if not having:
        meant = nearest(name, [each for names in known.values() for each in names])
        hint = f"did you mean {meant!r}?" if meant else "ci-kit view --jobs lists them"
        raise UsageError(f"there is no job {name!r}", place="--explain-job", hint=hint)
    return [(one, explain(one.pipeline, name, one.asked, one.simulation)) for one in having]


def _asked(arguments: argparse.Namespace, project: Project) -> Asked | None:
    """Return what is asked about an event, None without --for; UsageError when the flags do not fit together."""
    given = {
        "--variable": arguments.variable,
        "--changed": arguments.changed,
        "--default-branch": arguments.default_branch,
    }
    if arguments.event is None:
        alone = next((flag for flag, value in given.items() if value is not None), None)
        if alone:
            raise UsageError("says nothing without --for", place=alone, hint="add --for branch=main, or another event")
        return None
    if not arguments.jobs and arguments.explain_job is None:
        raise UsageError("goes with --jobs or --explain-job", place="--for", hint="add --jobs")
    event = event_of(arguments.event, arguments.default_branch or "main")
    changed = None if arguments.changed is None else tuple(path.removeprefix("./") for path in arguments.changed)
    variables = dict(map(_pair, arguments.variable or ()))
    return Asked(event, variables, changed, project.paths, project.scope)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"{text!r} is no variable", place="--variable", hint="say --variable KEY=VALUE")
    return name, value


def _refused(pipeline: Pipeline) -> list[str]:
    if pipeline.verdict != "invalid":
        return []
    problems = pipeline.problems
    told = [f"{place_of(one.at)}: {one.ours or one.message}" for one in problems[:_MOST]]
    rest = [f"{pipeline.path}: and {len(problems) - _MOST} more: ci-kit lint tells"] if len(problems) > _MOST else []
    return [*told, *rest]


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        print(view_text.printable(line), file=sys.stderr)
