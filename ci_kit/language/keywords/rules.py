"""rules: of a job, of the workflow and of an include."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ci_kit.language import ruby
from ci_kit.language.duration import WEEK
from ci_kit.language.expression import crashes, is_expression
from ci_kit.language.fault import (
    Fault,
    Path,
    composed,
    crash,
    is_blank,
    is_texts,
    of_flags,
    of_hash,
    of_keys,
    of_required,
    of_strings,
    size,
    suggestion,
)
from ci_kit.language.items import located
from ci_kit.language.keywords.variables import plain_variables
from ci_kit.source.value import BadReference, Reference

_COMMON = frozenset(("if", "changes", "exists", "when", "start_in", "allow_failure", "variables", "needs"))
_NEVER_OR_ALWAYS = ("never", "always")
_ENTRIES = 50


class _Kind(NamedTuple):
    """The keys of a rule, and what its `when:` may be."""

    keys: frozenset[str]
    when: tuple[str, ...]


_OF_JOB = _Kind(_COMMON | {"interruptible"}, ("on_success", "on_failure", "always", "never", "manual", "delayed"))
_OF_WORKFLOW = _Kind(_COMMON | {"auto_cancel"}, ("always", "never"))
_OF_INCLUDE = _Kind(frozenset(("if", "exists", "when", "changes")), _NEVER_OR_ALWAYS)


def rules(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `rules:` of a job; the job itself asks for a list of mappings, nested or not."""
    return _rules(value, _OF_JOB)


def workflow_rules(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `workflow:rules`."""
    return _rules(value, _OF_WORKFLOW)


def include_rules(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `rules:` of an include; GitLab names it `rules` or `rule` only."""
    if value is None:
        return
    if isinstance(value, Reference | BadReference):  # which is followed only later
        yield Fault("rules config should be an array", ("rules",))
        return
    own = list(_own("rules", value))
    yield from own
    for rule, path in () if own else located(value, ("rules",)):
        if rule is not None:
            yield from composed(_include_rule(rule, path), *_filters("rule", rule, path, _OF_INCLUDE))


def _rules(value: Any, kind: _Kind) -> Iterator[Fault]:
    if value is None:
        return
    own = list(_own(":rules", value))
    yield from own
    for rule, path in () if own else located(value, ("rules",)):
        if rule is not None:
            yield from composed(_rule(rule, path, kind), *_filters(":rules:rule", rule, path, kind))


def _own(where: str, value: Any) -> Iterator[Fault]:
    if is_blank(value):
        yield Fault(f"{where} config can't be blank", ("rules",))
    if not isinstance(value, list):
        yield Fault(f"{where} config should be an array", ("rules",))


def _rule(rule: Any, path: Path, kind: _Kind) -> Iterator[Fault]:
    where, about = ":rules:rule", rule if isinstance(rule, dict) else {}
    if not about:
        yield from _form(where, rule, path)
    if "start_in" in about or about.get("when") == "delayed":
        yield from _start_in(where, about, path)
    if "if" in about:
        yield from _condition(where, about, path)
    yield from of_flags(where, about, ("allow_failure", "interruptible"), path)
    if "when" in about:
        yield from _when(where, about, path, kind)
    yield from of_keys(where, about, kind.keys, path)


def _include_rule(rule: Any, path: Path) -> Iterator[Fault]:
    where, about = "rule", rule if isinstance(rule, dict) else {}
    yield from _form(where, rule, path)
    yield from of_keys(where, about, _OF_INCLUDE.keys, path)
    yield from _condition(where, about, path)
    yield from _when(where, about, path, _OF_INCLUDE)


def _form(where: str, rule: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with the form of a rule; GitLab asks twice whether it is a mapping."""
    yield from of_hash(where, rule, path)
    if is_blank(rule):
        yield Fault(f"{where} config can't be blank", path)
    yield from of_hash(where, rule, path)


def _condition(where: str, rule: dict[Any, Any], path: Path) -> Iterator[Fault]:
    condition = rule.get("if")
    if condition is None:
        return
    if not isinstance(condition, str) or not is_expression(condition):
        yield Fault(f"{where} if invalid expression syntax", (*path, "if"))
    elif "~" in condition and crashes(condition):
        yield crash("NoMethodError: the expression cannot be evaluated", (*path, "if"))


def _when(where: str, rule: dict[Any, Any], path: Path, kind: _Kind) -> Iterator[Fault]:
    when = rule.get("when")
    if when is not None and ruby.text(when) not in kind.when:
        near = suggestion(ruby.text(when), kind.when)
        yield Fault(f"{where} when unknown value: {ruby.text(when)}", (*path, "when"), suggestion=near)


def _start_in(where: str, rule: dict[Any, Any], path: Path) -> Iterator[Fault]:
    if rule.get("when") != "delayed":
        if "start_in" in rule:
            yield Fault(f"{where} config contains disallowed keys: start_in", (*path, "start_in"), is_key=True)
        return
    from ci_kit.language.keywords.timeout import limited

    if is_blank(rule.get("start_in")):
        yield Fault(f"{where} start in can't be blank", (*path, "start_in"))
    yield from limited(f"{where} start in", rule.get("start_in"), WEEK, (*path, "start_in"))


def _filters(where: str, rule: Any, path: Path, kind: _Kind) -> Iterator[Iterator[Fault]]:
    """Yield the checks of what a rule holds."""
    if not isinstance(rule, dict):
        return
    if "changes" in rule:
        yield _changes(f"{where}:changes", rule["changes"], (*path, "changes"))
    if "exists" in rule:
        limit = 0 if kind is _OF_INCLUDE else _ENTRIES
        yield _exists(f"{where}:exists", rule["exists"], (*path, "exists"), limit)
    if "variables" in rule:
        yield plain_variables(f"{where}:variables", rule["variables"], (*path, "variables"))
    if "needs" in rule:
        from ci_kit.language.keywords.needs import rule_needs

        yield rule_needs(f"{where}:needs", rule["needs"], (*path, "needs"))
    if "auto_cancel" in rule:
        from ci_kit.language.keywords.auto_cancel import auto_cancel

        yield auto_cancel(f"{where}:auto_cancel", rule["auto_cancel"], (*path, "auto_cancel"))


def _changes(where: str, value: Any, path: Path) -> Iterator[Fault]:
    if value is None:
        return
    if isinstance(value, list):
        yield from _paths(f"{where} config", value, path, _ENTRIES)
    elif isinstance(value, dict):
        yield from of_keys(where, value, ("paths", "compare_to"), path)
        yield from of_required(where, value, ("paths",), path)
        yield from _paths(f"{where} paths", value.get("paths"), (*path, "paths"), _ENTRIES)
        yield from of_strings(where, value, ("compare_to",), path)
    else:
        yield Fault(f"{where} should be an array or a hash", path, raw=True)


def _exists(where: str, value: Any, path: Path, limit: int) -> Iterator[Fault]:
    if value is None or isinstance(value, str):
        return
    if isinstance(value, list):
        yield from _paths(f"{where} config", value, path, limit)
    elif isinstance(value, dict):
        yield from of_keys(where, value, ("paths", "project", "ref"), path)
        yield from of_required(where, value, ("paths",), path)
        if value.get("ref") is not None:
            yield from of_required(where, value, ("project",), path)
        if value.get("paths") is not None:
            yield from _paths(f"{where} paths", value["paths"], (*path, "paths"), _ENTRIES)
        yield from of_strings(where, value, ("project", "ref"), path)
    else:
        yield Fault(f"{where} should be a string, an array of strings, or a hash", path, raw=True)


def _paths(what: str, value: Any, path: Path, limit: int) -> Iterator[Fault]:
    """Yield what is wrong with a list of paths; paths that are not given are too many to GitLab as well."""
    if not is_texts(value):
        yield Fault(f"{what} should be an array of strings", path, curable=value is None)
    if limit and (value is None or size(value) > limit):
        yield Fault(f"{what} has too many entries (maximum {limit})", path, curable=value is None)
