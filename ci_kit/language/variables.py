"""The variables that a file sets, with the variables in their values replaced, as rules see them.

Sources: gitlab `lib/expand_variables.rb`, `lib/gitlab/ci/variables/collection.rb`;
GitLab docs "CI/CD variable precedence".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ci_kit.language import ruby
from ci_kit.language.scope import Scope
from ci_kit.source.value import Map

_NAMED = re.compile(r"\$\$|%%|\$([A-Za-z_]\w*)|\$\{([A-Za-z_]\w*)\}|%([A-Za-z_]\w*)%", re.ASCII)
_LONGEST = 1 << 20  # letters; values that double with each variable are taken for unknown from here on


class Raw(NamedTuple):
    """A value as it stands in the file; `expands` is false where the file says so."""

    text: str
    expands: bool = True


def raw_of(variables: Any) -> dict[str, Raw]:
    """Return the variables of a `variables:` keyword."""
    found = variables if isinstance(variables, Map) else {}
    return {str(name): _raw(value) for name, value in found.items()}


def overlaid(scope: Scope, raw: Mapping[str, Raw], given: Mapping[str, str]) -> Scope:
    """Return the scope with the file's variables over it, and those that are `given` over all.

    A variable whose value hangs on one that is not known is not known either.
    """
    values = {name: value for name, value in scope.values.items() if name not in raw}
    own = {name: value for name, value in raw.items() if name not in given}
    below = Scope({**values, **given}, scope.complete)
    return Scope({**below.values, **_resolved(own, below)}, scope.complete)


def filled(text: str, scope: Scope) -> str | None:
    """Return the text with its variables replaced, None when one of them is not known."""
    if not scope.complete and any(name not in scope.values for name in names_in(text)):
        return None
    return _NAMED.sub(lambda found: _value(found, scope.values), text)


def names_in(text: str) -> Iterator[str]:
    """Yield the variables that a text names."""
    if "$" in text or "%" in text:
        yield from (name for found in _NAMED.finditer(text) if (name := _name(found)))


def circular(raw: Mapping[str, Raw]) -> Iterator[tuple[str, ...]]:
    """Yield each group of variables that name each other; one that names itself is none."""
    from ci_kit.language.circle import circles

    if any(value.expands and "$" in value.text for value in raw.values()):
        named = {
            name: [one for one in names_in(value.text) if one in raw] for name, value in raw.items() if value.expands
        }
        yield from (group for group in circles(named) if len(group) > 1)


def _raw(value: Any) -> Raw:
    if isinstance(value, Map):
        return Raw(ruby.text(value.get("value")), value.get("expand") is not False)
    return Raw(ruby.text(value))


def _name(found: re.Match[str]) -> str:
    return found[1] or found[2] or found[3] or ""


def _value(found: re.Match[str], values: Mapping[str, str | None]) -> str:
    name = _name(found)
    return (values.get(name) or "") if name else found[0]


def _resolved(raw: Mapping[str, Raw], below: Scope) -> dict[str, str]:
    """Return the values that can be made out; a chain of variables costs no recursion."""
    known: dict[str, str | None] = {}
    for first in raw:
        path = {first: None}
        while path and first not in known:
            name = next(reversed(path))
            open_names = [one for one in names_in(raw[name].text) if one in raw and one not in known]
            if not raw[name].expands or not open_names:
                known[name] = _filled(raw[name], known, below)
            elif any(one in path for one in open_names):
                known[name] = None  # a circle
            else:
                path[open_names[0]] = None
                continue
            path.popitem()
    return {name: value for name, value in known.items() if value is not None}


def _filled(raw: Raw, known: Mapping[str, str | None], below: Scope) -> str | None:
    """Return a value that names what is `known`, or what lies below; None when one of these is not known."""
    if not raw.expands:
        return raw.text
    found: dict[str, str | None] = {}
    for name in names_in(raw.text):
        is_given = known.get(name) is not None if name in known else below.complete or name in below.values
        if not is_given:
            return None
        found[name] = known[name] if name in known else below.values.get(name)
    text = _NAMED.sub(lambda one: _value(one, found), raw.text) if found else raw.text
    return text if len(text) <= _LONGEST else None
