"""trigger."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.fault import (
    Fault,
    composed,
    is_among,
    is_blank,
    of_flags,
    of_keys,
    of_presence,
    of_string,
    of_strings,
    suggestion,
)
from ci_kit.language.keywords.include import includes

_PROJECT = ("project", "branch", "strategy", "forward", "inputs")
_CHILD = ("strategy", "include", "forward")
_FORWARD = ("yaml_variables", "pipeline_variables")
_STRATEGIES = ("depend", "mirror")
_INCLUDES = 3
_WHERE, _PATH = ":trigger", ("trigger",)


def trigger(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `trigger:`; null is no trigger at all."""
    if value is None:
        return
    if isinstance(value, dict):
        yield from _child(value) if "include" in value else composed(_project(value), _forward(value))
    elif not isinstance(value, str):
        yield Fault(f"{_WHERE} has to be either a string or a hash", _PATH, raw=True)
    elif is_blank(value):
        yield Fault(f"{_WHERE} config can't be blank", _PATH)


def _project(value: dict[Any, Any]) -> Iterator[Fault]:
    if not value:
        yield Fault(f"{_WHERE} config can't be blank", _PATH, curable=True)
    yield from of_keys(_WHERE, value, _PROJECT, _PATH)
    if value.get("inputs") is not None and not isinstance(value["inputs"], dict):
        yield Fault(f"{_WHERE} inputs should be a hash", (*_PATH, "inputs"))
    yield from of_string(_WHERE, value, "project", _PATH)
    yield from of_presence(_WHERE, value, "project", _PATH)
    yield from of_strings(_WHERE, value, ("branch",), _PATH)
    yield from _strategy(value)


def _child(value: dict[Any, Any]) -> Iterator[Fault]:
    included = includes(":trigger:include", value["include"], (*_PATH, "include"), _INCLUDES)
    own = (*of_keys(_WHERE, value, _CHILD, _PATH), *_strategy(value))
    yield from composed(own, included, _forward(value))


def _strategy(value: dict[Any, Any]) -> Iterator[Fault]:
    strategy = value.get("strategy")
    yield from of_strings(_WHERE, value, ("strategy",), _PATH)
    if strategy is not None and not is_among(strategy, _STRATEGIES):
        near = suggestion(ruby.text(strategy), _STRATEGIES)
        yield Fault(f"{_WHERE} strategy should be depend or mirror", (*_PATH, "strategy"), suggestion=near)


def _forward(value: dict[Any, Any]) -> Iterator[Fault]:
    """Yield what is wrong with the mapping of `forward:`; GitLab takes anything that is no mapping."""
    where, forward, path = ":trigger:forward", value.get("forward"), (*_PATH, "forward")
    if isinstance(forward, dict):
        yield from of_keys(where, forward, _FORWARD, path)
        yield from of_flags(where, forward, _FORWARD, path)
