"""The value of one input: its type, its options, its pattern, and the rules that choose between them.

Sources: GitLab docs "CI/CD inputs"; gitlab `lib/ci/inputs`.
"""

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

from ci_kit.language.items import items_of
from ci_kit.language.ruby import Json, StringKeyed, same, text
from ci_kit.language.unknown import Unknown, stand_in
from ci_kit.source.value import NOWHERE, Map, Mark, Reference, Seq

TYPES = ("array", "boolean", "number", "string")
_DEPTH = 100  # containers within each other; GitLab takes no more from YAML either
_NAMES = re.compile(r"\binputs\.[\w-]+|\$(\w+)", re.ASCII)
_UNSET = object()


class Choice(NamedTuple):
    """What applies to an input once its rules are looked at; `is_open` when nobody knows which of them holds."""

    default: Any = None
    options: Any = None
    is_open: bool = False


def kind_of(about: Mapping[Hashable, Any]) -> str:
    """Return the type of an input, empty when GitLab knows none of that name."""
    kind = about.get("type", "string")
    return kind if isinstance(kind, str) and kind in TYPES else ""


def is_required(about: Mapping[Hashable, Any]) -> bool:
    """Tell whether a value has to be given: neither the input nor one of its rules has a default."""
    rules = (rule for rule, _ in items_of(about.get("rules")))
    return "default" not in about and not any(isinstance(rule, dict) and "default" in rule for rule in rules)


def choice(about: Mapping[Hashable, Any], others: Mapping[Hashable, Any], *, is_open: bool = False) -> Choice:
    """Return default and options of an input, by the first of its rules that holds where it has rules.

    `others` are the values of the inputs that its rules may ask for; `is_open` when there may be more of them.
    """
    if about.get("rules") is None:
        return Choice(about.get("default"), about.get("options"))
    for rule, _ in items_of(about["rules"]):
        if isinstance(rule, dict):
            holds = True if rule.get("if") in (None, False) else _truth(rule["if"], others, is_open)
            if holds is None:
                return Choice(is_open=True)
            if holds:
                return Choice(rule.get("default"), rule.get("options"))
    return Choice(about.get("default"), about.get("options"))


def typed(value: Any, kind: str, at: Mark = NOWHERE) -> Any:
    """Return the value as the type makes it: text for a string, else what a text says as JSON, where it says any."""
    if isinstance(value, Unknown):
        return value
    if kind == "string":
        return stand_in("reference") if isinstance(value, Reference) else text(value)
    return _parsed(value, at) if isinstance(value, str) else value


def string_keyed(value: Any) -> Any:
    """Return the default of an input, in which Ruby keeps all keys as strings."""
    if isinstance(value, Map):
        made = StringKeyed(value.at)
        made.update({key: string_keyed(part) for key, part in value.items()})
        made.keys_at, made.values_at = value.keys_at, value.values_at
        return made
    if type(value) is Seq and any(isinstance(one, Map | Seq) for one in value):
        items = Seq(value.at)
        items.extend(map(string_keyed, value))
        items.items_at = value.items_at
        return items
    return value


def faults(value: Any, about: Mapping[Hashable, Any], options: Any, how: str) -> Iterator[str]:
    """Yield why a value that has its type may not be taken; `how` it came is `default` or `provided`."""
    if isinstance(value, Unknown):
        return
    kind = kind_of(about)
    wanted = {"number": "a number", "boolean": "a boolean", "array": "an array"}.get(kind)
    if wanted and not _fits(value, kind):
        yield f"{how} value is not {wanted}"
    yield from _of_options(value, kind, about, options)
    if "regex" in about:
        yield from _of_regex(value, kind, about["regex"], how)


def asked(condition: str) -> frozenset[str]:
    """Return what the condition of a rule asks for: variables by their names, inputs as `inputs.NAME`."""
    return frozenset(found[0].removeprefix("$") for found in _NAMES.finditer(condition))


def _truth(condition: Any, others: Mapping[Hashable, Any], is_open: bool) -> bool | None:
    from ci_kit.language.expression import truth
    from ci_kit.language.scope import Scope

    if not isinstance(condition, str):
        return False
    values: dict[str, Any] = {}
    for name in asked(condition):
        known = others.get(name.removeprefix("inputs."), _UNSET) if name.startswith("inputs.") else None
        if not isinstance(known, Unknown) and not (known is _UNSET and is_open):
            values[name] = None if known is _UNSET else known
    return truth(condition, Scope(values))


def _fits(value: Any, kind: str) -> bool:
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, bool if kind == "boolean" else list)


def _of_options(value: Any, kind: str, about: Mapping[Hashable, Any], options: Any) -> Iterator[str]:
    if kind not in ("string", "number"):
        if about.get("options") not in (None, False):
            yield "Options can only be used with string and number inputs"
    elif isinstance(options, list) and value is not None and value is not False:
        listed = "the list of allowed options" if kind == "string" else "the list of the allowed options"
        allowed = map(text, options) if kind == "string" else options
        if not any(same(value, one) or isinstance(one, Unknown) for one in allowed):
            yield f"`{text(value)}` cannot be used because it is not in {listed}"


def _of_regex(value: Any, kind: str, pattern: Any, how: str) -> Iterator[str]:
    from ci_kit.language.re2 import compiled, is_found

    if kind != "string":
        yield "RegEx validation can only be used with string inputs"
    elif isinstance(pattern, str):
        regex = compiled(pattern)
        if regex is None:
            yield "invalid regular expression"
        elif not is_found(regex, value):
            yield f"{how} value does not match required RegEx pattern"


def _parsed(value: str, at: Mark) -> Any:
    import json

    def refused(constant: str) -> Any:
        raise ValueError(constant)

    try:
        return _placed(json.loads(value, parse_constant=refused), at, _DEPTH)
    except (ValueError, RecursionError):
        return value


def _placed(value: Any, at: Mark, depth: int) -> Any:
    """Return what JSON says with the place of its text; ValueError when it is nested too deep."""
    if depth == 0:
        raise ValueError(value)
    if isinstance(value, list):
        items = Seq(at)
        items.extend(_placed(one, at, depth - 1) for one in value)
        items.items_at = [at] * len(value)
        return items
    if not isinstance(value, dict):
        return value
    made = Json(at)
    made.update({key: _placed(part, at, depth - 1) for key, part in value.items()})
    made.keys_at, made.values_at = dict.fromkeys(made, at), dict.fromkeys(made, at)
    return made
