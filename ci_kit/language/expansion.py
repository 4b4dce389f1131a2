"""Variables in the values of an include, which GitLab expands before it knows those of the file.

Sources: GitLab docs "Use variables with include"; gitlab `lib/expand_variables.rb`.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from ci_kit.language.scope import Scope

_VARIABLE = re.compile(r"\$([a-zA-Z_]\w*)|\$\{([a-zA-Z_]\w*)\}|%([a-zA-Z_]\w*)%", re.ASCII)


class Expanded(NamedTuple):
    """A text with its variables replaced, and the names of those that GitLab sets and that are not known here."""

    text: str
    open: tuple[str, ...] = ()


def expanded(text: str, scope: Scope, own: Collection[object] = ()) -> Expanded:
    """Return the text; a variable that nobody sets is empty, and so is one that the file sets itself (`own`)."""
    if "$" not in text and "%" not in text:
        return Expanded(text)
    names = [_name(found) for found in _VARIABLE.finditer(text)]
    unknown = tuple(dict.fromkeys(name for name in names if name not in own and _is_open(name, scope)))
    return Expanded(_VARIABLE.sub(lambda found: scope.values.get(_name(found)) or "", text), unknown)


def expanded_known(text: str, scope: Scope) -> Expanded:
    """Return the text with only the known variables replaced, as in the patterns of `rules:exists`."""
    names = [_name(found) for found in _VARIABLE.finditer(text)]
    unknown = tuple(name for name in names if name not in scope.values and not scope.complete)
    return Expanded(_VARIABLE.sub(lambda found: _existing(found, scope), text), unknown)


def is_predefined(name: str) -> bool:
    """Tell whether the variable is one that GitLab itself sets."""
    return name == "CI" or name.startswith(("CI_", "GITLAB_"))


def _existing(found: re.Match[str], scope: Scope) -> str:
    value = scope.values.get(_name(found))
    return found[0] if value is None else value


def _name(found: re.Match[str]) -> str:
    return str(found[1] or found[2] or found[3])


def _is_open(name: str, scope: Scope) -> bool:
    """Tell whether GitLab surely has a value for the variable, which is not known here."""
    return is_predefined(name) and not scope.complete and name not in scope.values
