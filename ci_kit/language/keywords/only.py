"""only, except."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.expression import crashes, is_expression
from ci_kit.language.fault import Fault, crash, of_keys, of_lists, suggestion
from ci_kit.language.pattern import is_literal, is_pattern

_KEYS = ("refs", "kubernetes", "variables", "changes")
_REFS = "should be an array of strings or regular expressions using re2 syntax"
_KUBERNETES = ("active",)


def _policy(keyword: str, value: Any) -> Iterator[Fault]:
    where, path = f":{keyword}", (keyword,)
    if value is None:
        return
    if isinstance(value, dict):
        yield from _mapping(where, value, path)
    elif not isinstance(value, list):
        yield Fault(f"{where} has to be either an array of conditions or a hash", path, raw=True)
    else:
        wrong = _wrong_ref(value)
        yield from () if wrong is None else (Fault(f"{where} config {_REFS}", (*path, wrong)),)


only = partial(_policy, "only")
except_ = partial(_policy, "except")


def _wrong_ref(value: list[Any]) -> int | None:
    """Return the place of the first item that is no reference; a Symbol is none."""
    refs = ((number, one) for number, one in enumerate(value))
    return next((n for n, one in refs if not isinstance(one, str) or (is_literal(one) and not is_pattern(one))), None)


def _mapping(where: str, value: dict[Any, Any], path: tuple[str]) -> Iterator[Fault]:
    if not value:
        yield Fault(f"{where} config can't be blank", path, curable=True)
    yield from of_keys(where, value, _KEYS, path)
    yield from _expressions(where, value.get("variables"), (*path, "variables"))
    refs, kubernetes = value.get("refs"), value.get("kubernetes")
    if refs is not None and not (isinstance(refs, list) and _wrong_ref(refs) is None):
        yield Fault(f"{where} refs {_REFS}", (*path, "refs"))
    if kubernetes is not None and ruby.text(kubernetes) not in _KUBERNETES:
        text = f"{where} kubernetes unknown value: {ruby.text(kubernetes)}"
        near = suggestion(ruby.text(kubernetes), _KUBERNETES)
        yield Fault(text, (*path, "kubernetes"), suggestion=near)
    yield from of_lists(where, value, ("variables", "changes"), path)


def _expressions(where: str, value: Any, path: tuple[str, ...]) -> Iterator[Fault]:
    for number, one in enumerate(value) if isinstance(value, list) else ():
        if not isinstance(one, str):
            yield crash("TypeError: an expression has to be a string", (*path, number))
        elif not is_expression(one):
            yield Fault(f"{where} variables invalid expression syntax", (*path, number))
        elif "~" in one and crashes(one):
            yield crash("NoMethodError: the expression cannot be evaluated", (*path, number))
