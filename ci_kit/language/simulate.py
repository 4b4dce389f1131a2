"""The pipeline that an event starts: its jobs, and what GitLab says only when it creates one.

Source: gitlab `lib/gitlab/ci/pipeline/chain`, `lib/gitlab/ci/pipeline/seed/build.rb`.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ci_kit.language.lineup import Lineup
from ci_kit.language.merged import created
from ci_kit.language.run import Run, run_of, taken
from ci_kit.language.variables import circular, raw_of
from ci_kit.language.workflow import Asked, Workflow, workflow_of
from ci_kit.source.value import Map, Mark

MOST_NEEDS = 50  # GitLab's default for ci_needs_size_limit
_EDGES = (".pre", ".post")
_FILTERED = "The pipeline did not run. Review the workflow:rules configuration for the pipeline."
_EMPTY = "The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs."


class Complaint(NamedTuple):
    """What GitLab says when it creates the pipeline; not `certain` where it hangs on what is not known."""

    message: str
    at: Mark
    job: str = ""
    certain: bool = True


class Simulation(NamedTuple):
    """The pipeline of an event: its jobs in the order of the file, and the complaints at its creation."""

    workflow: Workflow
    runs: tuple[Run, ...]
    complaints: tuple[Complaint, ...]


def simulate(content: Map, asked: Asked) -> Simulation:
    """Return the pipeline that GitLab would create of an expanded, valid root."""
    workflow = workflow_of(content, asked)
    lineup = Lineup(content)
    runs = tuple(run_of(job, lineup, workflow, asked) for job in created(lineup))
    return Simulation(workflow, runs, tuple(_complaints(runs, lineup, workflow)))


def _complaints(runs: tuple[Run, ...], lineup: Lineup, workflow: Workflow) -> Iterator[Complaint]:
    if workflow.runs is not True:
        yield Complaint(_FILTERED, workflow.at, certain=workflow.runs is False)
    if workflow.runs is False:
        return
    by_name = {run.job.name: run.runs for run in runs}
    circles: dict[int, list[str]] = {}
    for run in sorted(runs, key=lambda run: lineup.numbers.get(run.job.stage, 0)):
        if run.runs is not False:
            yield from _of_needs(run, by_name, lineup)
            yield from _of_variables(run, lineup, workflow, circles)
    between = [run.runs for run in runs if run.job.stage not in _EDGES and run.runs is not False]
    if True not in between:
        yield Complaint(_EMPTY, lineup.content.at, certain=not between)


def _of_needs(run: Run, by_name: Mapping[str, bool | None], lineup: Lineup) -> Iterator[Complaint]:
    """Yield what GitLab says of a job's own needs; those of its rules it does not check."""
    name, needs = run.job.name, run.job.needs
    own = lineup.jobs[run.job.base]
    at = own.values_at.get("needs", own.at)
    if len(needs) > MOST_NEEDS:
        listed = f"one job can only need {MOST_NEEDS} others, but you have listed {len(needs)}"
        message = f"{name}: {listed}. See needs keyword documentation for more details"
        yield Complaint(message, at, name, run.runs is True)
        return
    for need in needs:
        there = by_name.get(need.name, False)
        if not need.optional and there is not True and not (there is None and run.runs is None):
            yield Complaint(_missing(name, need.name), at, name, there is False and run.runs is True)


def _missing(name: str, need: str) -> str:
    return (
        f"'{name}' job needs '{need}' job, but '{need}' does not exist in the pipeline. This might be because of the "
        "only, except, or rules keywords. To need a job that sometimes does not exist in the pipeline, "
        "use needs:optional."
    )


def _of_variables(run: Run, lineup: Lineup, workflow: Workflow, seen: dict[int, list[str]]) -> Iterator[Complaint]:
    own = lineup.jobs[run.job.base]
    key = id(own) if own.get("variables") or own.get("inherit") else 0
    if key not in seen:
        raw = {**taken(own, workflow.variables), **raw_of(own.get("variables"))}
        seen[key] = [name for group in circular(raw) for name in group]
    if seen[key]:
        message = f"{run.job.name}: circular variable reference detected: {', '.join(seen[key])}"
        yield Complaint(message, own.values_at.get("variables", own.at), run.job.name, run.runs is True)
