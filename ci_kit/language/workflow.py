"""Whether an event starts a pipeline at all, and with which variables.

Source: gitlab `lib/gitlab/ci/pipeline/chain/evaluate_workflow_rules.rb`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ci_kit.language import event
from ci_kit.language.conditions import Situation
from ci_kit.language.entries import is_job_key
from ci_kit.language.matching import Match, matching, reason
from ci_kit.language.scope import Scope
from ci_kit.language.variables import Raw, filled, overlaid, raw_of
from ci_kit.source.value import NOWHERE, Map, Mark

NEVER = "never"


class Asked(NamedTuple):
    """An event with what is known of it: variables, changed files (None: not said), the files of the project.

    `around` has what GitLab sets for every pipeline of the project.
    """

    event: event.Event
    variables: Mapping[str, str] = {}
    changed: tuple[str, ...] | None = None
    paths: Callable[[], Iterable[str]] = tuple
    around: Scope = Scope()


class Workflow(NamedTuple):
    """Whether there is a pipeline at all, why, its name where it has one, and the variables of the file's root.

    `is_ruled`: it has rules, and then jobs without any run for merge requests too.
    """

    is_ruled: bool
    runs: bool | None
    because: str
    at: Mark
    name: str | None
    scope: Scope
    variables: Mapping[str, Raw]


def scope_of(asked: Asked) -> Scope:
    """Return the variables that are set, or surely not, before the file is read."""
    return Scope({**asked.around.values, **event.scope_of(asked.event, asked.variables).values})


def workflow_of(content: Map, asked: Asked) -> Workflow:
    """Return what `workflow:` decides; variables of rules that may match are not known."""
    scope = scope_of(asked)
    variables = raw_of(content.get("variables"))
    situation = Situation(asked.event, asked.changed, asked.paths, overlaid(scope, variables, asked.variables))
    said = content.get("workflow")
    about = said if isinstance(said, Map) and not is_job_key("workflow", said) else Map(NOWHERE)
    if about.get("rules") is None:
        name = _filled(about.get("name"), situation.scope)
        return Workflow(False, True, "no workflow:rules", NOWHERE, name, scope, variables)
    possible, unknown = matching(about, situation)
    scope, variables = _after(possible, scope, variables)
    runs = {rule is not None and rule.get("when") != NEVER for rule, _ in possible}
    because, at = reason(possible, unknown, is_decided=len(runs) == 1)
    name = _filled(about.get("name"), overlaid(scope, variables, asked.variables))
    return Workflow(True, runs.pop() if len(runs) == 1 else None, because, at, name, scope, variables)


def _after(possible: list[Match], scope: Scope, variables: Mapping[str, Raw]) -> tuple[Scope, dict[str, Raw]]:
    """Return the variables as the rule that matches leaves them; where several may, theirs are not known."""
    if len(possible) == 1:
        rule = possible[0][0]
        return scope, {**variables, **raw_of(rule.get("variables") if rule is not None else None)}
    lost = {name for rule, _ in possible if rule is not None for name in raw_of(rule.get("variables"))}
    kept = {name: value for name, value in scope.values.items() if name not in lost}
    return Scope(kept, scope.complete), {name: raw for name, raw in variables.items() if name not in lost}


def _filled(text: Any, scope: Scope) -> str | None:
    return None if text is None else (filled(str(text), scope) or str(text))
