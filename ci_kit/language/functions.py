"""The functions that a value goes through: `$[[ inputs.name | expand_vars | truncate(0, 8) ]]`.

Sources: GitLab docs "CI/CD inputs", "Specify functions to manipulate input values"; gitlab
`lib/gitlab/ci/config/interpolation/functions`, `lib/expand_variables.rb`; Ruby's Shellwords.
"""

import re
from collections.abc import Sequence
from typing import Any

from ci_kit.language.scope import Scope
from ci_kit.language.unknown import StandIn, Unknown

_TRUNCATE = re.compile(r"truncate\(\s*([0-9]+)\s*,\s*([0-9]+)\s*\)?", re.ASCII)
_PLAIN = frozenset(("expand_vars", "posix_escape"))
_TO_ESCAPE = re.compile(r"[^A-Za-z0-9_\-.,:+/@\n]")
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|%([A-Za-z_][A-Za-z0-9_]*)%")
_PLACES = 9  # digits; no text that GitLab takes is longer


def applied(functions: Sequence[str], value: Any, scope: Scope) -> tuple[Any, list[str]]:
    """Return what the functions make of the value, and GitLab's messages, none when all went well."""
    unknown = [one for one in functions if one not in _PLAIN and not _TRUNCATE.fullmatch(one)]
    if unknown:
        words = "check that the function name, arguments, and types are correct"
        return value, [f"no function matching `{one}`: {words}" for one in unknown]
    for function in functions:
        name = function.partition("(")[0]
        if not isinstance(value, str):
            words = f"invalid input type: {name} can only be used with string inputs"
            return value, [f"error in `{name}` function: {words}"]
        value = _one(function, value, scope)
    return value, []


def _one(function: str, value: str, scope: Scope) -> str:
    if isinstance(value, StandIn):
        return value
    if function == "expand_vars":
        return _expanded(value, scope)
    made = _escaped(value) if function == "posix_escape" else _truncated(function, value)
    return Unknown(made) if isinstance(value, Unknown) else made


def _truncated(function: str, value: str) -> str:
    offset, length = (part.lstrip("0") or "0" for part in re.findall("[0-9]+", function))
    begin = int(offset) if len(offset) <= _PLACES else len(value)
    return value[begin : begin + int(length)] if len(length) <= _PLACES else value[begin:]


def _escaped(value: str) -> str:
    return _TO_ESCAPE.sub(r"\\\g<0>", value).replace("\n", "'\n'") if value else "''"


def _expanded(value: str, scope: Scope) -> str:
    """Return the text with the variables that are known in place; GitLab leaves those that are not set."""
    is_open = False

    def one(found: re.Match[str]) -> str:
        nonlocal is_open
        name = found[1] or found[2] or found[3]
        is_open = is_open or not (scope.complete or name in scope.values)
        known = scope.values.get(name)
        return found[0] if known is None else known

    made = _VARIABLE.sub(one, value)
    return Unknown(made) if is_open or isinstance(value, Unknown) else made
