"""What the conditions of a rule come to: `if`, `changes`, `exists`; open where something is not known.

Sources: gitlab `lib/gitlab/ci/build/rules/rule/clause`;
GitLab docs "Jobs or pipelines run unexpectedly when using changes".
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ci_kit.language import glob
from ci_kit.language.event import Event
from ci_kit.language.expansion import expanded_known
from ci_kit.language.expression import truth, undecided_by
from ci_kit.language.scope import Scope
from ci_kit.source.value import Map


class Situation(NamedTuple):
    """An event, the files that changed (None: nobody said), the files of the project, and the variables."""

    event: Event
    changed: tuple[str, ...] | None
    paths: Callable[[], Iterable[str]]
    scope: Scope


class Answer(NamedTuple):
    """Whether something holds, and what is not known when that is open: `$VARIABLE`, or words."""

    holds: bool | None
    open: tuple[str, ...] = ()


YES, NO = Answer(True), Answer(False)
_Find = Callable[[list[str], tuple[str, ...]], bool]
_UNCHANGED = "the changed files (--changed)"


def every(answers: Iterable[Answer]) -> Answer:
    """Return whether all hold: one that does not decides, whatever is open."""
    return _joined(answers, decides=False)


def some(answers: Iterable[Answer]) -> Answer:
    """Return whether one of them holds: one that does decides, whatever is open."""
    return _joined(answers, decides=True)


def of_rule(rule: Map, situation: Situation) -> Answer:
    """Return whether a rule matches: all of its conditions do, or it has none."""
    return every(
        _CLAUSES[key](value, situation) for key, value in rule.items() if key in _CLAUSES and value is not None
    )


def of_expression(text: Any, situation: Situation) -> Answer:
    """Return what an expression comes to."""
    found = truth(str(text), situation.scope)
    return Answer(
        found, tuple(f"${name}" for name in undecided_by(str(text), situation.scope)) if found is None else ()
    )


def of_changes(value: Any, situation: Situation) -> Answer:
    """Return whether one of the files changed; where GitLab has nothing to compare with, all count as changed."""
    about: dict[Any, Any] = value if isinstance(value, dict) else {"paths": value}
    if about.get("compare_to") is None and not situation.event.is_push:
        return YES
    if situation.changed is None:
        return Answer(None, (_UNCHANGED,))
    return _of_globs(about.get("paths"), situation.changed, situation.scope, glob.changed)


def of_exists(value: Any, situation: Situation) -> Answer:
    """Return whether the project has one of the files."""
    about: dict[Any, Any] = value if isinstance(value, dict) else {"paths": value}
    if about.get("project") is not None:
        return Answer(None, (f"the files of {about['project']}",))
    return _of_globs(about.get("paths"), tuple(situation.paths()), situation.scope, glob.exists)


_CLAUSES: dict[Any, Callable[[Any, Situation], Answer]] = {
    "if": of_expression,
    "changes": of_changes,
    "exists": of_exists,
}


def _joined(answers: Iterable[Answer], *, decides: bool) -> Answer:
    unknown: dict[str, None] = {}
    is_open = False
    for answer in answers:
        if answer.holds is decides:
            return Answer(decides)
        is_open = is_open or answer.holds is None
        unknown.update(dict.fromkeys(answer.open))
    return Answer(None, tuple(unknown)) if is_open else Answer(not decides)


def _of_globs(globs: Any, paths: tuple[str, ...], scope: Scope, found: _Find) -> Answer:
    """Return whether one of the globs is `found` among the paths; one whose variables are not known may be."""
    texts = [str(one) for one in (globs if isinstance(globs, list) else [globs]) if one is not None]
    made = [expanded_known(text, scope) for text in texts]
    known = [one.text for one in made if not one.open]
    if known and found(known, paths):
        return YES
    unknown = tuple(f"the variables in {text}" for text, one in zip(texts, made, strict=True) if one.open)
    return Answer(None, unknown) if unknown else NO
