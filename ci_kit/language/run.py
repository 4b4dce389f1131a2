"""Whether a job is in the pipeline that an event starts, and what it is like then.

Source: gitlab `lib/gitlab/ci/pipeline/seed/build.rb`, `lib/gitlab/ci/build/context/build.rb`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ci_kit.language import policy
from ci_kit.language.conditions import Situation
from ci_kit.language.keywords.inherit import takes
from ci_kit.language.lineup import Lineup, needs_in
from ci_kit.language.matching import matching, reason, short, unknown_of
from ci_kit.language.merged import CreatedJob, NeededJob
from ci_kit.language.scope import Scope
from ci_kit.language.variables import Raw, filled, overlaid, raw_of
from ci_kit.language.workflow import NEVER, Asked, Workflow
from ci_kit.model.tag_name import slug
from ci_kit.source.value import NOWHERE, Map, Mark

_OF_ENVIRONMENTS = ("NAME", "SLUG", "URL", "ACTION", "TIER", "ID")


class Run(NamedTuple):
    """Whether a job runs, None when that hangs on what is not known, and what it is like then."""

    job: CreatedJob
    runs: bool | None
    when: str
    allow_failure: bool
    needs: tuple[NeededJob, ...]
    because: str
    at: Mark


def situation_of(job: CreatedJob, lineup: Lineup, workflow: Workflow, asked: Asked) -> Situation:
    """Return the event with the variables that the rules of a job see."""
    own = lineup.jobs[job.base]
    raw = {**taken(own, workflow.variables), **raw_of(own.get("variables"))}
    raw |= {name: Raw(value) for name, value in job.variables.items()}
    predefined = Scope({**workflow.scope.values, **_of_job(job, own, lineup)})
    scope = overlaid(predefined, raw, asked.variables)
    return Situation(asked.event, asked.changed, asked.paths, _with_environment(own, scope))


def run_of(job: CreatedJob, lineup: Lineup, workflow: Workflow, asked: Asked) -> Run:
    """Return whether a job runs, by its rules, else by its `only` and `except`; without a pipeline none does."""
    if workflow.runs is False:
        return Run(job, False, NEVER, job.allow_failure, job.needs, f"workflow: {workflow.because}", workflow.at)
    found = _by_itself(job, lineup, workflow, asked)
    if workflow.runs is None and found.runs is not False:
        return found._replace(runs=None, because=f"workflow: {workflow.because}", at=workflow.at)
    return found


def _by_itself(job: CreatedJob, lineup: Lineup, workflow: Workflow, asked: Asked) -> Run:
    own = lineup.jobs[job.base]
    if own.get("rules") is None:
        return _by_policy(job, own, lineup, workflow, asked)
    possible, unknown = matching(own, situation_of(job, lineup, workflow, asked))
    outcomes = [_after(rule, job) for rule, _ in possible]
    running = [one for one in outcomes if one.runs]
    is_decided = len(running) in (0, len(outcomes))
    because, at = reason(possible, unknown, is_decided=is_decided)
    when = " or ".join(dict.fromkeys(one.when for one in running)) or NEVER
    first = (running or outcomes)[0]
    return first._replace(runs=bool(running) if is_decided else None, when=when, because=because, at=at)


def _after(rule: Map | None, job: CreatedJob) -> Run:
    """Return what a rule makes of a job; needs of a rule take the place of the job's own."""
    if rule is None:
        return Run(job, False, NEVER, job.allow_failure, job.needs, "", NOWHERE)
    said, failing = rule.get("when"), rule.get("allow_failure")
    needs = needs_in(rule["needs"], rule.values_at["needs"]) if rule.get("needs") else ()
    needed = tuple(NeededJob(need.name, need.artifacts, need.optional) for need in needs) or job.needs
    when = said if isinstance(said, str) else job.when
    may_fail = failing if isinstance(failing, bool) else job.allow_failure
    return Run(job, when != NEVER, when, may_fail, needed, "", NOWHERE)


def _by_policy(job: CreatedJob, own: Map, lineup: Lineup, workflow: Workflow, asked: Asked) -> Run:
    answer = policy.of_job(own, situation_of(job, lineup, workflow, asked), has_default=not workflow.is_ruled)
    keywords = [key for key in ("only", "except") if own.get(key) is not None]
    at = own.keys_at[keywords[0]] if keywords else lineup.content.keys_at[lineup.keys[job.base]]
    without = "no rules" if answer.holds else "no rules: for branches and tags only"
    because = " and ".join(f"{key}: {_short_policy(own[key])}" for key in keywords) or without
    if answer.holds is None:
        because = unknown_of([answer])
    when = NEVER if answer.holds is False else job.when
    return Run(job, answer.holds, when, job.allow_failure, job.needs, because, at)


def _short_policy(said: Any) -> str:
    return "; ".join(f"{key} {short(value)}" for key, value in said.items()) if isinstance(said, dict) else short(said)


def taken(job: Map, variables: Mapping[str, Raw]) -> dict[str, Raw]:
    """Return the variables of the root that a job takes, by its `inherit:`."""
    return {name: raw for name, raw in variables.items() if takes(job, name, "variables")}


def _of_job(job: CreatedJob, own: Map, lineup: Lineup) -> dict[str, str | None]:
    """Return the variables that GitLab sets for the job itself."""
    names = lineup.instances[job.base]
    is_parallel = own.get("parallel") is not None
    return {
        "CI_JOB_NAME": job.name,
        "CI_JOB_NAME_SLUG": slug(job.name),
        "CI_JOB_STAGE": job.stage,
        "CI_JOB_MANUAL": "true" if job.when in ("manual", "delayed") else None,
        "CI_NODE_INDEX": str(names.index(job.name) + 1) if is_parallel else None,
        "CI_NODE_TOTAL": str(len(names)) if is_parallel else "1",
    }


def _with_environment(own: Map, scope: Scope) -> Scope:
    """Return the scope with what is certain of the job's environment."""
    said = own.get("environment")
    name = said.get("name") if isinstance(said, Map) else said
    found: dict[str, str | None] = {}
    if said is None:
        found = {f"CI_ENVIRONMENT_{one}": None for one in _OF_ENVIRONMENTS}
    elif (known := filled(str(name), scope)) is not None:
        found["CI_ENVIRONMENT_NAME"] = known
    return Scope({**found, **scope.values}, scope.complete)
