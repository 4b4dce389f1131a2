"""What the conditions of a rule come to: `if`, `changes`, `exists`; open where something is not known.

Sources: gitlab `lib/gitlab/ci/build/rules/rule/clause`;
GitLab docs "Jobs or pipelines run unexpectedly when using changes".
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from ci_kit.language.event import Event
from ci_kit.language.expand import filled
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
    return _of_globs(about.get("paths"), situation.changed, situation.scope)


def of_exists(value: Any, situation: Situation) -> Answer:
    """Return whether the project has one of the files."""
    about: dict[Any, Any] = value if isinstance(value, dict) else {"paths": value}
    if about.get("project") is not None:
        return Answer(None, (f"the files of {about['project']}",))
    return _of_globs(about.get("paths"), tuple(situation.paths()), situation.scope)


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


def _of_globs(globs: Any, paths: tuple[str, ...], scope: Scope) -> Answer:
    texts = [str(one) for one in (globs if isinstance(globs, list) else [globs]) if one is not None]
    return some(_of_glob(one, paths, scope) for one in texts)


def _of_glob(glob: str, paths: tuple[str, ...], scope: Scope) -> Answer:
    wanted = filled(glob, scope)
    if wanted is None:
        return Answer(None, (f"the variables in {glob}",))
    return Answer(_matches(wanted, paths))


def _matches(glob: str, paths: tuple[str, ...]) -> bool:
    if not set("*?[{") & set(glob):
        return glob in paths
    made = _compiled(glob)
    return any(made.fullmatch(path) for path in paths)


@lru_cache(maxsize=1024)
def _compiled(glob: str) -> re.Pattern[str]:
    """Return a glob of Ruby's fnmatch (pathname, dot files, braces) as a regular expression."""
    parts = (_translated(part) for part in re.findall(r"\*\*/|\*+|\[[^\]/]+\]|\\.|.", glob, re.S))
    return re.compile("".join(parts), re.S)


def _translated(part: str) -> str:
    if part == "**/":
        return "(?:[^/]+/)*"
    if part[0] == "*":
        return "[^/]*"
    if part[0] == "[" and len(part) > 2:
        return f"[{'^' if part[1] in '!^' else ''}{re.escape(part[1:-1].lstrip('!^')).replace(chr(92) + '-', '-')}]"
    return {"?": "[^/]", "{": "(?:", "}": ")", ",": "|"}.get(part, re.escape(part[-1]))
