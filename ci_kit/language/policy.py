"""Whether `only:` and `except:` let a job into a pipeline.

Source: gitlab `lib/gitlab/ci/build/policy`, `lib/gitlab/ci/config/entry/policy.rb`.
"""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.conditions import NO, YES, Answer, Situation, every, of_changes, of_expression, some
from ci_kit.language.pattern import is_literal, pattern
from ci_kit.source.value import Map

_DEFAULT: dict[Any, Any] = {"refs": ["branches", "tags"]}


def of_job(job: Map, situation: Situation, *, has_default: bool) -> Answer:
    """Return whether a job without rules runs; `has_default`: only for branches and tags unless it says otherwise."""
    only, other = _policy(job.get("only")), _policy(job.get("except"))
    wanted = _DEFAULT if only is None and has_default else {**_DEFAULT, **only} if only is not None else {}
    return every((*_answers(wanted, situation), *map(_opposite, _answers(other or {}, situation))))


def _policy(said: Any) -> dict[Any, Any] | None:
    if isinstance(said, list):
        return {"refs": said}
    return {key: value for key, value in said.items() if value is not None} if isinstance(said, dict) else None


def _opposite(answer: Answer) -> Answer:
    return answer if answer.holds is None else Answer(not answer.holds)


def _answers(policy: dict[Any, Any], situation: Situation) -> Iterator[Answer]:
    for key, value in policy.items():
        if key == "refs":
            yield some(_of_ref(str(one), situation) for one in value)
        elif key == "variables":
            yield some(of_expression(one, situation) for one in value)
        elif key == "changes":
            yield of_changes(value, situation)
        elif key == "kubernetes":
            yield of_expression("$CI_KUBERNETES_ACTIVE", situation)


def _of_ref(said: str, situation: Situation) -> Answer:
    name, _, path = said.partition("@")
    return every((_of_path(path, situation), _of_name(name, situation)))


def _of_path(path: str, situation: Situation) -> Answer:
    values = situation.scope.values
    if not path:
        return YES
    if "CI_PROJECT_PATH" not in values:
        return Answer(None, ("$CI_PROJECT_PATH",))
    return Answer(values["CI_PROJECT_PATH"] == path)


def _of_name(name: str, situation: Situation) -> Answer:
    event = situation.event
    source = event.source.removesuffix("_event")
    plural = f"{source}es" if source.endswith("sh") else f"{source}s"
    if name in (source, plural) or (name == "tags" and event.is_tag) or (name == "branches" and event.is_branch):
        return YES
    if event.is_merge_request:  # names and patterns are for branches and tags only
        return NO
    made = pattern(name) if is_literal(name) else None
    return Answer(made.is_in(event.ref) if made is not None else name == event.ref)
