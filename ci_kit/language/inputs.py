"""The inputs of a `spec:` header, and `$[[ inputs.… ]]` in the text below it.

Source: GitLab docs "CI/CD inputs".
"""

import re
from collections.abc import Hashable, Mapping
from typing import Any

from ci_kit.source.value import Map, Reference, Seq

_BLOCK = re.compile(r"\$\[\[\s*inputs\.([A-Za-z0-9_-]+)\s*(?:\|[^\]]*)?\]\]")
_STAND_IN: Mapping[str, Any] = {"number": 1, "boolean": True, "array": []}


def declared(header: Any) -> Mapping[Hashable, Any]:
    """Return the inputs of a header, name to what is said of it; empty when there are none."""
    spec = header.get("spec") if isinstance(header, dict) else None
    inputs = spec.get("inputs") if isinstance(spec, dict) else None
    return inputs if isinstance(inputs, dict) else {}


def values(header: Any, given: Mapping[Hashable, Any]) -> dict[str, Any]:
    """Return a value for each declared input: the given one, its default, or a stand-in of its type."""
    return {str(name): _value(name, said, given) for name, said in declared(header).items()}


def interpolate(value: Any, known: Mapping[str, Any]) -> Any:
    """Return `value` with inputs replaced; alone an input keeps its type, within a text it becomes text."""
    if isinstance(value, Map):
        return _map(value, known)
    if isinstance(value, Seq):
        made = Reference(value.at) if isinstance(value, Reference) else Seq(value.at)
        made.extend(interpolate(part, known) for part in value)
        made.items_at = value.items_at
        return made
    return _text(value, known) if isinstance(value, str) else value


def _map(value: Map, known: Mapping[str, Any]) -> Map:
    made = Map(value.at)
    for key, part in value.items():
        name = _text(key, known) if isinstance(key, str) else key
        made[name] = interpolate(part, known)
        made.keys_at[name], made.values_at[name] = value.keys_at[key], value.values_at[key]
    return made


def _text(text: str, known: Mapping[str, Any]) -> Any:
    alone = _BLOCK.fullmatch(text)
    if alone:
        return known.get(alone[1], text)
    return _BLOCK.sub(lambda match: _as_text(known.get(match[1], match[0])), text)


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(name: Hashable, said: Any, given: Mapping[Hashable, Any]) -> Any:
    if name in given:
        return given[name]
    of_input = said if isinstance(said, dict) else {}
    if "default" in of_input:
        return of_input["default"]
    options = of_input.get("options")
    if isinstance(options, list) and options:
        return options[0]
    # A variable: no rule takes it for a value that somebody wrote.
    return _STAND_IN.get(str(of_input.get("type")), f"$INPUT_{name}")
