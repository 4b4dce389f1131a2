"""Whether the jobs can be put in order: stages, dependencies, needs, the jobs that stop an environment.

Source: gitlab `lib/gitlab/ci/yaml_processor.rb`, `lib/gitlab/ci/config/normalizer`, `yaml_processor/dag.rb`.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from itertools import islice, product
from typing import Any, NamedTuple

from ci_kit.language.entries import job_names
from ci_kit.language.fault import flattened, is_whole, shown
from ci_kit.language.keywords.needs import each
from ci_kit.language.keywords.parallel import rows_of
from ci_kit.language.problem import Problem
from ci_kit.language.unknown import Unknown
from ci_kit.model.nearest import nearest
from ci_kit.source.value import Map

_STAGES = ("build", "test", "deploy")
_MATRIX = r"\$\[\[\s*matrix\.(\w+)\s*\]\]"
_NAME_LENGTH = 255
_COMBINATIONS = 201  # one more than a matrix may have


class Schedule(NamedTuple):
    """The stages by their order, the jobs, and for each job the names of what it is expanded to."""

    content: Map
    stages: Mapping[str, int]
    jobs: Mapping[str, Map]
    instances: Mapping[str, tuple[str, ...]]
    of_instance: Mapping[str, str]


def problems(content: Map) -> Iterator[Problem]:
    """Yield the first reason why the jobs cannot be put in order; an include that is not read may cure it."""
    schedule = _schedule(content)
    for name, job in schedule.jobs.items():
        if schedule.instances[name]:
            found = next(_of_job(name, job, schedule), None)
            if found:
                yield found
                return
    yield from _circular(schedule)


def _schedule(content: Map) -> Schedule:
    jobs = {str(name): content[name] for name in job_names(content)}
    instances = {name: tuple(_instances(name, job.get("parallel"))) for name, job in jobs.items()}
    of_instance = {one: name for name, all_of_it in instances.items() for one in all_of_it}
    return Schedule(content, _stages(content), jobs, instances, of_instance)


def _stages(content: Map) -> dict[str, int]:
    """Return the stages by their place; empty when one is an input that is not known."""
    said = content.get("stages")
    named = list(map(str, flattened(said))) if isinstance(said, list) else list(_STAGES)
    if not named or any(isinstance(one, Unknown) for one in flattened(said or ())):
        return {}
    between = dict.fromkeys(one for one in named if one not in (".pre", ".post"))
    return {stage: number for number, stage in enumerate((".pre", *between, ".post"))}


def _instances(name: str, parallel: Any) -> Iterator[str]:
    """Yield the names of the jobs that GitLab makes of one."""
    if is_whole(parallel):
        yield from (f"{name} {number}/{parallel}" for number in range(1, parallel + 1))
    elif isinstance(parallel, dict):
        yield from dict.fromkeys(_combinations(name, parallel))
    else:
        yield name


def _combinations(name: str, parallel: dict[Any, Any]) -> Iterator[str]:
    for row in rows_of(parallel):
        for values in islice(product(*row.values()), _COMBINATIONS):
            yield f"{name}: [{', '.join(map(str, values))}]"


def _of_job(name: str, job: Map, schedule: Schedule) -> Iterator[Problem]:
    shown = schedule.instances[name][0]
    yield from _of_stage(shown, name, job, schedule)
    yield from _of_dependencies(shown, name, job, schedule)
    for value, at in _all_needs(job):
        yield from _of_needs(_Waiting(shown, name, job, at), value, schedule)
    yield from _of_artifacts(shown, name, job, schedule)
    yield from _of_environment(shown, job, schedule)
    pages = job.get("pages")
    if job.get("publish") is not None and isinstance(pages, dict) and pages.get("publish") is not None:
        yield Problem(f"{shown} job: use either {shown}:publish or {shown}:pages:publish", job.values_at["publish"])


def _of_stage(shown: str, name: str, job: Map, schedule: Schedule) -> Iterator[Problem]:
    stage = _stage(job)
    if stage in schedule.stages or isinstance(stage, Unknown):
        return
    if not schedule.stages and schedule.content.get("stages"):
        return
    at = job.values_at.get("stage", schedule.content.keys_at.get(name, job.at))
    words = f"chosen stage {stage} does not exist; available stages are {', '.join(schedule.stages)}"
    yield Problem(f"{shown} job: {words}", at, nearest(stage, frozenset(schedule.stages)), curable=True)


def _stage(job: Map) -> str:
    stage = job.get("stage")
    return stage if isinstance(stage, str) else "test"


def _number(name: str, schedule: Schedule) -> int:
    return schedule.stages.get(_stage(schedule.jobs[name]), 0)


def _of_dependencies(shown: str, name: str, job: Map, schedule: Schedule) -> Iterator[Problem]:
    for one in job.get("dependencies") or ():
        yield from _dependency(shown, name, job, str(one), schedule) if not isinstance(one, Unknown) else ()


def _dependency(shown: str, name: str, job: Map, on: str, schedule: Schedule) -> Iterator[Problem]:
    at = job.values_at.get("dependencies", job.at)
    base = on if on in schedule.jobs else schedule.of_instance.get(on)
    if base is None:
        yield Problem(
            f"{shown} job: undefined dependency: {on}", at, nearest(on, frozenset(schedule.jobs)), curable=True
        )
    elif _number(base, schedule) > _number(name, schedule):
        words = f"dependency {on} is not defined in current or prior stages"
        yield Problem(f"{shown} job: {words}", at, curable=True)


class _Waiting(NamedTuple):
    """The job that needs others, and where it says so."""

    shown: str
    name: str
    job: Map
    at: Any


def _all_needs(job: Map) -> Iterator[tuple[Any, Any]]:
    if job.get("needs"):
        yield job["needs"], job.values_at["needs"]
    rules = job.get("rules")
    for rule in flattened(rules) if isinstance(rules, list) else ():
        if isinstance(rule, Map) and rule.get("needs"):
            yield rule["needs"], rule.values_at["needs"]


def _of_needs(waiting: _Waiting, value: Any, schedule: Schedule) -> Iterator[Problem]:
    names: Counter[str] = Counter()
    for need in each(value):
        wrong = _unknown_variable(waiting.job, need)
        if wrong:
            words = f"'{wrong}' does not exist in matrix configuration"
            yield Problem(f"{waiting.name} job: {words}", waiting.at)
        for one in _needed(need, schedule):
            names[one] += 1
            yield from _need(waiting, one, isinstance(need, dict) and need.get("optional") is True, schedule)
    twice = [one for one, times in names.items() if times > 1]
    if twice:
        yield Problem(f"{waiting.shown} has the following needs duplicated: {', '.join(twice)}.", waiting.at)


def _need(waiting: _Waiting, on: str, optional: bool, schedule: Schedule) -> Iterator[Problem]:
    base = schedule.of_instance.get(on)
    shown, at = waiting.shown, waiting.at
    if len(on) > _NAME_LENGTH:
        yield Problem(f"{shown} job: need `{on}` name is too long (maximum is 255 characters)", at)
    elif base is None:
        if not optional:
            near = nearest(on, frozenset(schedule.jobs))
            yield Problem(f"{shown} job: undefined need: {on}", at, near, curable=True)
    elif _number(base, schedule) > _number(waiting.name, schedule):
        words = f"need {on} is not defined in current or prior stages"
        yield Problem(f"{shown} job: {words}", at, curable=True)


def _needed(need: Any, schedule: Schedule) -> tuple[str, ...]:
    """Return the names of the jobs of this pipeline that are needed, after what they are expanded to."""
    about: dict[Any, Any] = need if isinstance(need, dict) else {"job": need}
    name = about.get("job")
    if "pipeline" in about or "project" in about or name is None or isinstance(name, Unknown):
        return ()
    found = schedule.instances.get(str(name), (str(name),))
    if rows_of(about.get("parallel")) and found != (str(name),):
        wanted = tuple(dict.fromkeys(_combinations(str(name), about["parallel"])))
        return tuple(one for one in wanted if "$[[" not in one)
    return found


def _unknown_variable(job: Map, need: Any) -> str:
    """Return the variable of a matrix expression that the job's own matrix has not, empty when there is none."""
    if not isinstance(need, dict) or "parallel" not in need:
        return ""
    own = {str(name) for row in rows_of(job.get("parallel")) for name in row}
    values = (str(one) for row in rows_of(need["parallel"]) for part in row.values() for one in part)
    return next((name for value in values for name in re.findall(_MATRIX, value) if name not in own), "")


def _of_artifacts(shown: str, name: str, job: Map, schedule: Schedule) -> Iterator[Problem]:
    trigger = job.get("trigger")
    included = trigger.get("include") if isinstance(trigger, dict) else None
    for one in included if isinstance(included, list) else ():
        if isinstance(one, dict) and isinstance(one.get("job"), str) and not isinstance(one["job"], Unknown):
            yield from _dependency(shown, name, job, one["job"], schedule)


def _of_environment(shown: str, job: Map, schedule: Schedule) -> Iterator[Problem]:
    own = job.get("environment")
    name = own.get("on_stop") if isinstance(own, Map) else None
    if not isinstance(own, Map) or name is None or isinstance(name, Unknown):
        return
    stop = schedule.jobs.get(str(name))
    wrong = "is not defined" if stop is None else _of_stopping(stop.get("environment"), own)
    if wrong:
        yield Problem(f"{shown} job: on_stop job {name} {wrong}", own.values_at["on_stop"], curable=True)


def _of_stopping(other: Any, own: Map) -> str:
    if other is None:
        return "does not have environment defined"
    about = other if isinstance(other, dict) else {"name": other}
    if about.get("name") != own.get("name"):
        return "have different environment name"
    return "" if about.get("action") == "stop" else "needs to have action stop defined"


def _circular(schedule: Schedule) -> Iterator[Problem]:
    edges = {
        one: [needed for need in each(job.get("needs")) for needed in _needed(need, schedule)]
        for name, job in schedule.jobs.items()
        if job.get("needs")
        for one in schedule.instances[name]
    }
    circle = _circle(edges)
    if circle:
        job = schedule.jobs[schedule.of_instance[circle[0]]]
        words = f"self-dependency: {circle[0]}" if len(circle) == 1 else f"topological sort failed: {shown(circle)}"
        yield Problem(f"The pipeline has circular dependencies: {words}", job.values_at["needs"])


def _circle(edges: Mapping[str, list[str]]) -> list[str]:
    """Return the jobs of the first circle, empty when there is none; depth costs no recursion."""
    done: set[Hashable] = set()
    for start in edges:
        path: dict[str, Iterator[str]] = {} if start in done else {start: iter(edges[start])}
        while path:
            last = next(reversed(path))
            following = next(path[last], None)
            if following is None:
                path.popitem()
                done.add(last)
            elif following in path:
                names = list(path)
                return names[names.index(following) :]
            elif following in edges and following not in done:
                path[following] = iter(edges[following])
    return []
