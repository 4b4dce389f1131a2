"""rules: of a job, of the workflow and of an include."""

from collections.abc import Callable, Iterator
from typing import Any

from ci_kit.language.duration import WEEK
from ci_kit.language.expression import is_expression
from ci_kit.language.fault import Fault, Path, is_blank, is_texts, of_flags, of_keys, shown, spoken
from ci_kit.language.keywords.needs import of_rule
from ci_kit.language.keywords.timing import limited
from ci_kit.language.keywords.variables import plain_variables

_COMMON = frozenset(("if", "changes", "exists", "when", "start_in", "allow_failure", "variables", "needs"))
_JOB = _COMMON | {"interruptible"}
_WORKFLOW = _COMMON | {"auto_cancel"}
_INCLUDE = frozenset(("if", "exists", "changes", "when"))
_WHEN = ("on_success", "on_failure", "always", "never", "manual", "delayed")
_NEVER_OR_ALWAYS = ("never", "always")
_LEVELS = 10
_ENTRIES = 50
_Rule = Callable[[dict[Any, Any], Path], Iterator[Fault]]


def rules(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `rules:` of a job."""
    if value is None:
        return
    if not _is_nested(value, 0):
        yield Fault(" rules should be an array containing hashes and arrays of hashes", ("rules",))
        return
    yield from _each(":rules", value, _of_job)


def workflow_rules(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `workflow:rules`."""
    if value is None:
        return
    if not _is_nested(value, 0):
        yield Fault(":rules config should be an array", ("rules",))
        return
    yield from _each(":rules", value, _of_workflow)


def include_rules(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `rules:` of an include; GitLab names it `rules` or `rule` only."""
    if value is None:
        return
    if not _is_nested(value, 0):
        yield Fault("rules config should be an array", ("rules",))
        return
    yield from _each("rules", value, _of_include)


def _is_nested(value: Any, level: int) -> bool:
    if not isinstance(value, list) or level >= _LEVELS:
        return False
    return all(isinstance(item, dict) or _is_nested(item, level + 1) for item in value)


def _each(where: str, value: list[Any], check: _Rule) -> Iterator[Fault]:
    if not value:
        yield Fault(f"{where} config can't be blank", ("rules",))
    for rule, path in _flat(value, ("rules",)):
        if rule:
            yield from check(rule, path)
        else:
            yield Fault(f"{where}:rule config can't be blank", path)


def _flat(value: list[Any], path: Path) -> Iterator[tuple[dict[Any, Any], Path]]:
    for number, item in enumerate(value):
        if isinstance(item, list):
            yield from _flat(item, (*path, number))
        else:
            yield item, (*path, number)


def _of_job(rule: dict[Any, Any], path: Path) -> Iterator[Fault]:
    where = ":rules:rule"
    unknown = list(of_keys(where, rule, _JOB, path))
    if unknown:
        yield from unknown
        return
    yield from _condition(where, rule, path, _WHEN)
    yield from of_flags(where, rule, ("allow_failure", "interruptible"), path)
    yield from _start_in(where, rule, path)
    yield from _filters(where, rule, path)
    yield from of_rule(rule.get("needs"), (*path, "needs"))


def _of_workflow(rule: dict[Any, Any], path: Path) -> Iterator[Fault]:
    where = ":rules:rule"
    unknown = list(of_keys(where, rule, _WORKFLOW, path))
    if unknown:
        yield from unknown
        return
    yield from _condition(where, rule, path, _NEVER_OR_ALWAYS)
    yield from _filters(where, rule, path)


def _of_include(rule: dict[Any, Any], path: Path) -> Iterator[Fault]:
    unknown = list(of_keys("rule", rule, _INCLUDE, path))
    yield from unknown or _condition("rule", rule, path, _NEVER_OR_ALWAYS)


def _condition(where: str, rule: dict[Any, Any], path: Path, words: tuple[str, ...]) -> Iterator[Fault]:
    condition, when = rule.get("if"), rule.get("when")
    if condition is not None and (not isinstance(condition, str) or not is_expression(condition)):
        yield Fault(f"{where} if invalid expression syntax", (*path, "if"))
    if when is not None and when not in words:
        yield Fault(f"{where} when unknown value: {shown(when)}", (*path, "when"))


def _start_in(where: str, rule: dict[Any, Any], path: Path) -> Iterator[Fault]:
    if rule.get("when") != "delayed":
        if "start_in" in rule:
            yield Fault(f"{where} config contains disallowed keys: start_in", (*path, "start_in"))
        return
    if is_blank(rule.get("start_in")):
        yield Fault(f"{where} start in can't be blank", (*path, "start_in"))
    yield from limited(f"{where} start in", rule.get("start_in"), WEEK, (*path, "start_in"))


def _filters(where: str, rule: dict[Any, Any], path: Path) -> Iterator[Fault]:
    yield from _changes(f"{where}:changes", rule.get("changes"), (*path, "changes"))
    yield from _exists(f"{where}:exists", rule.get("exists"), (*path, "exists"))
    yield from plain_variables(f"{where}:variables", rule.get("variables"), (*path, "variables"))


def _changes(where: str, value: Any, path: Path) -> Iterator[Fault]:
    if value is None:
        return
    if isinstance(value, list):
        yield from _paths(f"{where} config", value, path)
    elif isinstance(value, dict):
        yield from of_keys(where, value, ("paths", "compare_to"), path)
        yield from _paths_within(where, value, path)
    else:
        yield Fault(f"{where} should be an array or a hash", path)


def _exists(where: str, value: Any, path: Path) -> Iterator[Fault]:
    if value is None or isinstance(value, str):
        return
    if isinstance(value, list):
        yield from _paths(f"{where} config", value, path)
    elif isinstance(value, dict):
        yield from of_keys(where, value, ("paths", "project", "ref"), path)
        if "ref" in value and "project" not in value:
            yield Fault(f"{where} config missing required keys: project", path)
        yield from _paths_within(where, value, path)
    else:
        yield Fault(f"{where} should be a string, an array of strings, or a hash", path)


def _paths_within(where: str, value: dict[Any, Any], path: Path) -> Iterator[Fault]:
    if "paths" not in value:
        yield Fault(f"{where} config missing required keys: paths", path)
    yield from _paths(f"{where} paths", value.get("paths"), path)
    for name in ("compare_to", "project", "ref"):
        if value.get(name) is not None and not isinstance(value[name], str):
            yield Fault(f"{where} {spoken(name)} should be a string", (*path, name))


def _paths(what: str, value: Any, path: Path) -> Iterator[Fault]:
    if not is_texts(value):
        yield Fault(f"{what} should be an array of strings", path)
    elif len(value) > _ENTRIES:
        yield Fault(f"{what} has too many entries (maximum {_ENTRIES})", path)
