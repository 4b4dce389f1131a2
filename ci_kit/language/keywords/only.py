"""only, except."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from ci_kit.language.expression import is_expression
from ci_kit.language.fault import Fault, is_text, is_texts, of_keys
from ci_kit.language.pattern import is_literal, is_pattern

_KEYS = frozenset(("refs", "variables", "changes", "kubernetes"))
_REFS = "config should be an array of strings or regular expressions using re2 syntax"


def _policy(keyword: str, value: Any) -> Iterator[Fault]:
    if value is None:
        return
    if isinstance(value, dict):
        yield from _mapping(keyword, value)
    elif not isinstance(value, list):
        yield Fault(f":{keyword} has to be either an array of conditions or a hash", (keyword,))
    elif not _are_refs(value):
        yield Fault(f":{keyword} {_REFS}", (keyword,))


only = partial(_policy, "only")
except_ = partial(_policy, "except")


def _are_refs(value: Any) -> bool:
    return isinstance(value, list) and all(is_text(one) and (not is_literal(one) or is_pattern(one)) for one in value)


def _mapping(keyword: str, value: dict[Any, Any]) -> Iterator[Fault]:
    where = f":{keyword}"
    if not value:
        yield Fault(f"{where} config can't be blank", (keyword,))
    unknown = list(of_keys(where, value, _KEYS, (keyword,)))
    if unknown:
        yield from unknown
        return
    refs, variables, changes = value.get("refs"), value.get("variables"), value.get("changes")
    if refs is not None and not _are_refs(refs):
        words = "refs should be an array of strings or regular expressions using re2 syntax"
        yield Fault(f"{where} {words}", (keyword, "refs"))
    if variables is not None and not is_texts(variables):
        yield Fault(f"{where} variables should be an array of strings", (keyword, "variables"))
    elif variables is not None and not all(is_expression(str(one)) for one in variables):
        yield Fault(f"{where} variables invalid expression syntax", (keyword, "variables"))
    if changes is not None and not is_texts(changes):
        yield Fault(f"{where} changes should be an array of strings", (keyword, "changes"))
    kubernetes = value.get("kubernetes")
    if kubernetes is not None and kubernetes != "active":
        yield Fault(f"{where} kubernetes unknown value: {kubernetes}", (keyword, "kubernetes"))
