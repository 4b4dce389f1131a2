"""`rules:` of an input, which choose its options and its default: what GitLab refuses in them.

Source: gitlab `lib/gitlab/ci/config/header/input/rules`.
"""

from collections.abc import Collection, Iterator
from typing import Any

from ci_kit.language.fault import Fault, is_blank
from ci_kit.language.items import items_of
from ci_kit.language.problem import Problem
from ci_kit.language.ruby import same, text
from ci_kit.source.value import Map, Mark, Seq

MOST_OPTIONS = 50


def rule_problems(where: str, rules: Any, at: Mark) -> Iterator[Problem]:
    """Yield what GitLab refuses in the rules of the input at `where`, in its words and order."""
    if not isinstance(rules, Seq):
        yield Problem(f"{where}:rules config should be an array".lower(), at)
        return
    for rule, rule_at in items_of(rules):
        for fault in _of_rule(rule) if rule is not None else ():
            yield Problem(_shortened(f"{where}:rules:rule {fault.text}".lower()), fault_at(rule, fault, rule_at))


def _shortened(message: str) -> str:
    """Return the sentence as GitLab words it anew for rules: `` `name` input: … ``."""
    import re

    pattern = r"(?:header:spec:inputs:)?(\w+):rules:rule (?:base |config )?(.+)"
    return re.sub(pattern, r"`\1` input: \2", message, flags=re.ASCII)


def _of_rule(rule: Any) -> Iterator[Fault]:
    found = list(_of_rule_as_a_hash(rule))
    yield from found
    if found:
        return
    options = rule.get("options")
    has_options = isinstance(options, list) and any(one is not None and one is not False for one in options)
    if isinstance(options, list) and len(options) > MOST_OPTIONS:
        yield Fault(f"config cannot define more than {MOST_OPTIONS} options", ("options",))
    if "default" not in rule:
        yield Fault("rule must define 'options' with at least one value and a 'default'")
    elif has_options and not any(same(rule["default"], one) for one in options):
        yield Fault(f"default '{text(rule['default'])}' must be one of the options", ("default",))


def _of_rule_as_a_hash(rule: Any) -> Iterator[Fault]:
    from ci_kit.language.expression import is_expression

    if is_blank(rule):
        yield Fault("config can't be blank")
    if not isinstance(rule, dict):
        yield Fault("config should be a hash")
        return
    unknown = others(rule, ("if", "options", "default"))
    if unknown:
        yield Fault(f"config contains unknown keys: {', '.join(map(text, unknown))}", (unknown[0],))
    if rule.get("if") is not None and not is_expression(rule["if"]):
        yield Fault("if invalid expression syntax", ("if",))
    if rule.get("options") is not None and not isinstance(rule["options"], list):
        yield Fault("options should be an array", ("options",))


def fault_at(value: Any, fault: Fault, at: Mark) -> Mark:
    """Return where a fault of the value at `at` stands: at the part that its path names."""
    return value.values_at[fault.path[0]] if fault.path and isinstance(value, Map) else at


def others(found: Collection[Any], known: Collection[Any]) -> list[Any]:
    """Return what is found and not known, in its order."""
    return [one for one in found if one not in known]
