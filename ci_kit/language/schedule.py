"""Whether the jobs can be put in order: stages, dependencies, needs, the jobs that stop an environment.

Source: gitlab `lib/gitlab/ci/yaml_processor.rb`, `lib/gitlab/ci/config/normalizer.rb`.
"""

from collections.abc import Iterator
from typing import Any

from ci_kit.language import matrix
from ci_kit.language.fault import is_text
from ci_kit.language.items import marked
from ci_kit.language.lineup import Lineup, Waiting, is_later, stage_of
from ci_kit.language.problem import Problem
from ci_kit.language.unknown import Unknown
from ci_kit.model.nearest import nearest
from ci_kit.source.value import Map, Mark

_LISTED = 2_000  # letters of stages that each message but the first repeats


def problems(content: Map) -> Iterator[Problem]:
    """Yield why the jobs cannot be put in order, in GitLab's order: it prints the first only."""
    lineup = Lineup(content)
    wrong = list(_of_expressions(lineup))
    if wrong:
        every = ", ".join(one.message for one in wrong)
        yield wrong[0]._replace(message=every, ours=wrong[0].message)
        yield from wrong[1:]
    is_first = not wrong
    for name, job in lineup.jobs.items():
        for problem in _of_job(name, job, lineup, is_first):
            is_first = False
            yield problem._replace(job=lineup.keys[name])
    if not _is_in_order(lineup):
        from ci_kit.language import circular

        yield from circular.problems(lineup)


def _is_in_order(lineup: Lineup) -> bool:
    """Tell whether each job needs only jobs above it, as most files have it: then there is no circle."""
    above: set[str] = set()
    for name in lineup.jobs:
        for need in lineup.needs.get(name, ()):
            needed = {need.name, lineup.base_of.get(need.name, need.name)} & lineup.jobs.keys()
            if "$[[" in need.name or not needed <= above:
                return False
        above.add(name)
    return True


def _of_expressions(lineup: Lineup) -> Iterator[Problem]:
    """Yield each variable of a matrix expression that a job's own matrix has not, once per job."""
    for name, job in lineup.jobs.items():
        if name not in lineup.needs or not isinstance(job.get("parallel"), dict):
            continue
        # Needs of other pipelines may ask too.
        asked = [
            (one, need.values_at.get("job", at) if isinstance(need, Map) else at)
            for need, at in marked(job["needs"], _at(job, "needs"))
            for one in matrix.asked_in(need)
        ]
        missing: dict[str, Problem] = {}
        for variables in lineup.variables_of(name) if asked else ():
            for one, at in asked:
                if one not in variables and one not in missing:
                    words = f"{name} job: '{one}' does not exist in matrix configuration"
                    missing[one] = Problem(words, at, nearest(one, variables), job=lineup.keys[name])
        yield from missing.values()


def _of_job(name: str, job: Map, lineup: Lineup, is_first: bool) -> Iterator[Problem]:
    if not lineup.instances[name]:
        return
    shown = lineup.instances[name][0]
    yield from _of_stage(shown, name, job, lineup, is_first)
    yield from _of_dependencies(shown, name, job, lineup)
    if name in lineup.needs or job.get("rules"):
        from ci_kit.language import waiting

        yield from waiting.problems(shown, name, job, lineup)
    yield from _of_artifacts(shown, name, job, lineup)
    yield from _of_environment(shown, job, lineup)
    pages = job.get("pages")
    if job.get("publish") is not None and isinstance(pages, dict) and pages.get("publish") is not None:
        yield Problem(f"{shown} job: use either {shown}:publish or {shown}:pages:publish", job.values_at["publish"])


def _of_stage(shown: str, name: str, job: Map, lineup: Lineup, is_first: bool) -> Iterator[Problem]:
    stage = stage_of(job)
    if stage in lineup.numbers or isinstance(stage, Unknown) or lineup.is_open:
        return
    at = job.values_at["stage"] if isinstance(job.get("stage"), str) else _at_name(name, lineup)
    is_cut = not is_first and len(lineup.listed) > _LISTED
    listed = f"{lineup.listed[:_LISTED]}…" if is_cut else lineup.listed
    words = f"chosen stage {stage} does not exist; available stages are {listed}"
    near, is_sure = lineup.suggestions.nearest(stage, lineup.stages), _says_itself(lineup.content, job)
    yield Problem(f"{shown} job: {words}", at, near, curable=not is_sure)


def _says_itself(content: Map, job: Map) -> bool:
    """Tell whether the root names the stages and the job's own, which then count whatever a file holds it includes."""
    stages, stage = (one.values_at.get(key) for one, key in ((content, "stages"), (job, "stage")))
    is_own = stages is not None and stage is not None and stages[4] == stage[4] == content.at[4]
    return is_own and job.get("extends") is None


def _of_dependencies(shown: str, name: str, job: Map, lineup: Lineup) -> Iterator[Problem]:
    for one, at in marked(job.get("dependencies"), _at(job, "dependencies")):
        for on in lineup.instances.get(str(one), (str(one),)) if not isinstance(one, Unknown) else ():
            found = _dependency(Waiting(shown, name, at), on, lineup)
            if found:
                yield found
                break


def _dependency(waiter: Waiting, on: str, lineup: Lineup) -> Problem | None:
    if on not in lineup.base_of:
        near = lineup.suggestions.nearest(on, lineup.base_of)
        return Problem(f"{waiter.shown} job: undefined dependency: {on}", waiter.at, near, curable=True)
    if is_later(on, waiter, lineup):
        words = f"dependency {on} is not defined in current or prior stages"
        return Problem(f"{waiter.shown} job: {words}", waiter.at, curable=True)
    return None


def _of_artifacts(shown: str, name: str, job: Map, lineup: Lineup) -> Iterator[Problem]:
    trigger = job.get("trigger")
    included = trigger.get("include") if isinstance(trigger, dict) else None
    for one in included if isinstance(included, list) else ():
        on = one.get("job") if isinstance(one, Map) else None
        if on is None or on is False or isinstance(on, Unknown):
            continue
        at = one.values_at["job"]
        if is_text(on):
            found = _dependency(Waiting(shown, name, at), str(on), lineup)
            yield from (found,) if found else ()
        else:
            yield Problem("Undefined error (NoMethodError: the job of an artifact has to be a string)", at)


def _of_environment(shown: str, job: Map, lineup: Lineup) -> Iterator[Problem]:
    own = job.get("environment")
    name = own.get("on_stop") if isinstance(own, Map) else None
    if not isinstance(own, Map) or name is None or isinstance(name, Unknown):
        return
    base = lineup.base_of.get(str(name))
    wrong = "is not defined" if base is None else _of_stopping(lineup.jobs[base].get("environment"), own)
    if wrong:
        near = lineup.suggestions.nearest(str(name), lineup.base_of) if base is None else ""
        yield Problem(f"{shown} job: on_stop job {name} {wrong}", own.values_at["on_stop"], near, curable=True)


def _of_stopping(other: Any, own: Map) -> str:
    if other is None:
        return "does not have environment defined"
    if isinstance(other, Unknown):
        return ""
    about = other if isinstance(other, dict) else {"name": other}
    if about.get("name") != own.get("name"):
        return "have different environment name"
    return "" if about.get("action") == "stop" else "needs to have action stop defined"


def _at(job: Map, keyword: str) -> Mark:
    return job.values_at.get(keyword, job.at)


def _at_name(name: str, lineup: Lineup) -> Mark:
    return lineup.content.keys_at[lineup.keys[name]]
