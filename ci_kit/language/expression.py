"""Expressions of `rules:if` and `only:variables`: whether GitLab can read them.

Source: GitLab docs "CI/CD expressions"; gitlab `lib/gitlab/ci/pipeline/expression`.
"""

import re
from functools import cache
from typing import Any

from ci_kit.language.pattern import is_pattern
from ci_kit.language.scope import Scope

_TOKENS = 100  # from here on GitLab refuses
_BLANK = re.compile(r"\s*")
_TOKEN = re.compile(
    r"""(?P<open>\() | (?P<close>\))
    | (?P<value>\$\[\[\s*inputs\.[\w-]+\s*\]\] | \$\w+ | "[^"\n]*" | '[^'\n]*')
    | (?P<pattern>/(?:[^/]|\\/)+[^\\]/[ismU]*)
    | (?P<literal>null | \b(?:true|false)\b)
    | (?P<infix>== | =~ | != | !~ | && | \|\|) | (?P<not>!)""",
    re.X,
)


@cache
def is_expression(text: Any) -> bool:
    """Tell whether GitLab can read the expression."""
    kinds = _kinds(text) if isinstance(text, str) else None
    return kinds is not None and 0 < len(kinds) < _TOKENS and _is_well_formed(kinds)


def truth(text: str, scope: Scope) -> bool | None:
    """Return what the expression comes to, None when a variable that is not known decides."""
    return None


def _kinds(text: str) -> list[str] | None:
    """Return what each token is, None when something is no token."""
    kinds: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        at = _BLANK.match(text, at).end()  # type: ignore[union-attr]
        found = _TOKEN.match(text, at)
        if not found or len(kinds) >= _TOKENS or (found.lastgroup == "pattern" and not is_pattern(found[0])):
            return None
        kinds.append(str(found.lastgroup))
        at = found.end()
    return kinds


def _is_well_formed(kinds: list[str]) -> bool:
    """Tell whether values and operators take turns and parentheses close."""
    wants_value, depth = True, 0
    for kind in kinds:
        if (kind in ("infix", "close")) == wants_value:
            return False
        depth += {"open": 1, "close": -1}.get(kind, 0)
        wants_value = kind in ("infix", "not", "open")
        if depth < 0:
            return False
    return not wants_value and depth == 0
