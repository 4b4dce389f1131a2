"""`rules:` of an include: whether GitLab reads the file, and whether that is sure.

Sources: GitLab docs "Use rules with include"; gitlab `lib/gitlab/ci/config/external/rules.rb`.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ci_kit.language.expansion import expanded_known, is_predefined
from ci_kit.language.expression import truth, undecided_by
from ci_kit.language.items import flattened
from ci_kit.language.scope import Scope


class Decision(NamedTuple):
    """`read`: whether the file is included when all that is not known is not set, None when even that does not decide.

    `sure`: whether no variable that GitLab sets, and no change, that is not known here could turn it.
    """

    read: bool | None
    sure: bool


Paths = Callable[[], Iterable[str] | None]


class _Known(NamedTuple):
    """What rules are judged by; `changed` is the answer to `changes`: without a pipeline GitLab takes it as true."""

    scope: Scope
    paths: Paths
    changed: bool | None


def decided(rules: Any, scope: Scope, paths: Paths) -> Decision:
    """Return what valid `rules` come to; `paths` are the files of the project, None when they are not known."""
    if not rules:
        return Decision(True, sure=True)
    every = [rule for rule in flattened(rules) if isinstance(rule, dict)]
    closed = Scope(scope.values, complete=True)
    read = _outcomes((_matches(rule, _Known(closed, paths, changed=True)), rule) for rule in every)
    sure = _outcomes((_matches(rule, _Known(scope, paths, changed=None)), rule) for rule in every)
    return Decision(read.pop() if len(read) == 1 else None, len(sure) == 1)


def unset(rules: Any, scope: Scope) -> list[str]:
    """Return the variables that valid `rules` ask for and that nobody here knows: they are taken as not set."""
    conditions = [rule["if"] for rule in flattened(rules) if isinstance(rule, dict) and isinstance(rule.get("if"), str)]
    return list(dict.fromkeys(name for one in conditions for name in _unset_in(one, scope)))


def _outcomes(rules: Iterable[tuple[bool | None, Any]]) -> set[bool]:
    """Return whether the file is read, as far as the first rule that matches is known: one answer, or both."""
    found: set[bool] = set()
    for matched, rule in rules:
        if matched is not False:
            found.add(rule.get("when") != "never")
        if matched:
            return found
    return found | {False}


def _matches(rule: Any, known: _Known) -> bool | None:
    """Return whether all clauses of a rule hold; None when that is not known."""
    clauses: list[bool | None] = []
    if rule.get("if") is not None:
        clauses.append(truth(str(rule["if"]), _with_unset(str(rule["if"]), known.scope)))
    if rule.get("changes") is not None:
        clauses.append(known.changed)
    if rule.get("exists") is not None:
        clauses.append(_exists(rule["exists"], known))
    return False if False in clauses else None if None in clauses else True


def _with_unset(condition: str, scope: Scope) -> Scope:
    """Return the scope in which a variable that neither GitLab sets nor anybody here is not set."""
    names = dict.fromkeys(_unset_in(condition, scope))
    return Scope({**names, **scope.values}, scope.complete) if names else scope


def _unset_in(condition: str, scope: Scope) -> list[str]:
    return [name for name in undecided_by(condition, scope) if not is_predefined(name)]


def _exists(said: Any, known: _Known) -> bool | None:
    if isinstance(said, dict) and said.get("project") is not None:
        return None  # another project's files
    globs = said.get("paths") if isinstance(said, dict) else said
    texts = [one for one in (globs if isinstance(globs, list) else [globs]) if isinstance(one, str)]
    made = [expanded_known(text, known.scope) for text in texts]
    every = known.paths()
    if every is None or any(one.open for one in made):
        return None
    from ci_kit.language.glob import exists

    return exists([one.text for one in made], tuple(every))
