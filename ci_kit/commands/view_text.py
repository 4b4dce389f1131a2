"""Views as a person reads them: YAML, a table, and sentences."""

from collections.abc import Iterator, Sequence
from typing import Any

from ci_kit.commands.viewed import ANSWERS, Viewed, place_of
from ci_kit.language.explain import Explanation, Origin, RuleAnswer
from ci_kit.language.lineup import Lineup
from ci_kit.language.merged import NeededJob, configuration, created, written
from ci_kit.language.run import Run
from ci_kit.source.emitter import Commented, emit
from ci_kit.source.value import Map, Mark, Seq

_HEAD = ("NAME", "STAGE", "WHEN", "MAY FAIL", "NEEDS")
_EVENT_HEAD = ("NAME", "RUNS", "STAGE", "WHEN", "MAY FAIL", "NEEDS", "BECAUSE")


def merged(viewed: Sequence[Viewed], with_origin: bool) -> str:
    """Return the configurations as YAML, several as documents; with origins, each key under its `# file:line`."""
    heads = [one.pipeline.path if len(viewed) > 1 else "" for one in viewed]
    contents = [_yaml(configuration(one.pipeline), with_origin) for one in viewed]
    return "---\n".join(emit(*pair) for pair in zip(contents, heads, strict=True)).rstrip("\n")


def jobs(viewed: Sequence[Viewed]) -> str:
    """Return a table for each root, one line a job."""
    return "\n\n".join(_titled(one, len(viewed) > 1, _table(one)) for one in viewed)


def complaints(one: Viewed) -> Iterator[str]:
    """Yield what GitLab says only when it creates the pipeline, a line each."""
    for each in one.simulation.complaints if one.simulation else ():
        doubt = "" if each.certain else "perhaps: "
        yield f"{place_of(each.at)}: when created: {doubt}{each.message}".removeprefix(": ")


def explained(explanations: Sequence[tuple[Viewed, Explanation]]) -> str:
    """Return each job as YAML, every keyword under the place it comes from, and what else is to be said as comments."""
    return "\n\n".join("\n".join(_explanation(said)) for _, said in explanations)


def printable(text: str) -> str:
    """Return the text as one line that cannot steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _yaml(value: Any, with_origin: bool) -> Any:
    """Return the value as the emitter takes it: symbols as text, and a comment at each place where one is wanted."""
    if isinstance(value, Map):
        made = {}
        for key, part in value.items():
            made[_scalar(key)] = _noted(part, value.keys_at.get(key), with_origin)
        return made
    if isinstance(value, list):
        marks = value.items_at if isinstance(value, Seq) else [None] * len(value)
        return [_item(one, at, with_origin) for one, at in zip(value, marks, strict=True)]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    """Return a symbol as text, and all else as it is, numbers that JSON has not too: YAML has them."""
    return value if isinstance(value, float) else written(value)


def _noted(value: Any, at: Mark | None, with_origin: bool) -> Any:
    made = _yaml(value, with_origin)
    return Commented(made, _line(at)) if with_origin and at and at[4] else made


def _item(value: Any, at: Mark | None, with_origin: bool) -> Any:
    """Return an item of a list; what is filled has its places within."""
    return _yaml(value, with_origin) if value and isinstance(value, dict | list) else _noted(value, at, with_origin)


def _line(at: Mark) -> str:
    return printable(f"{at[4]}:{at[0]}")


def _titled(one: Viewed, is_one_of_several: bool, table: str) -> str:
    head = [f"{one.pipeline.path}:"] if is_one_of_several else []
    workflow = one.simulation.workflow if one.simulation else None
    if workflow is not None and (workflow.is_ruled or workflow.name):
        name = f" {workflow.name!r}" if workflow.name else ""
        head.append(f"pipeline{name}: {ANSWERS[workflow.runs]}, {workflow.because} {_at(workflow.at)}".rstrip())
    return "\n".join([*map(printable, head), table])


def _table(one: Viewed) -> str:
    if one.simulation is None:
        found = created(Lineup(one.pipeline.content))
        rows = [(job.name, job.stage, job.when, _yes(job.allow_failure), _names(job.needs)) for job in found]
        return _aligned([_HEAD, *rows])
    return _aligned([_EVENT_HEAD, *map(_row, one.simulation.runs)])


def _row(run: Run) -> tuple[str, ...]:
    because = f"{run.because} {_at(run.at)}".rstrip()
    about = (run.job.stage, run.when, _yes(run.allow_failure), _names(run.needs))
    return (run.job.name, ANSWERS[run.runs], *about, because)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    shown = [[printable(cell) or "-" for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in shown)


def _names(needs: Sequence[NeededJob]) -> str:
    return ", ".join(need.name for need in needs)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _at(at: Mark) -> str:
    return f"({at[4]}:{at[0]})" if at[4] else ""


def _explanation(said: Explanation) -> Iterator[str]:
    definition = {one.keyword: Commented(_yaml(one.value, False), _origin(one)) for one in said.origins}
    yield emit({said.name: definition}, _line(said.at)).rstrip("\n")
    for job in said.jobs:
        yield from _comment(f"{job.name}: stage {job.stage}, needs {_names(job.needs) or 'nothing'}")
    yield from _comment(
        f"needed by {', '.join(said.needed_by) or 'nothing'}" if said.jobs else "hidden: no job of its own"
    )
    for rule in said.rules:
        yield from _comment(f"rule {_rule(rule)}")
    for run in said.runs:
        yield from _comment(f"{run.job.name}: runs {ANSWERS[run.runs]}, when {run.when}: {run.because} {_at(run.at)}")


def _origin(one: Origin) -> str:
    return ", ".join([_line(one.at), *map(printable, one.through)])


def _rule(one: RuleAnswer) -> str:
    if one.answer is None:
        return f"{one.rule} {_at(one.at)}: not reached"
    unknown = f", needs {', '.join(one.answer.open)}" if one.answer.holds is None else ""
    return f"{one.rule} {_at(one.at)}: {ANSWERS[one.answer.holds]}{unknown}"


def _comment(text: str) -> Iterator[str]:
    yield f"# {printable(text)}".rstrip()
