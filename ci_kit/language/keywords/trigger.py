"""trigger."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, Path, is_blank, is_text, of_flags, of_keys, of_strings

_PROJECT = frozenset(("project", "branch", "strategy", "forward", "inputs"))
_CHILD = frozenset(("include", "strategy", "forward"))
_INCLUDE = frozenset(
    ("local", "file", "remote", "project", "ref", "template", "artifact", "job", "inputs", "rules", "component")
) | {"integrity", "cache"}
_STRATEGIES = ("depend", "mirror")
_INCLUDES = 3


def trigger(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `trigger:`; null is no trigger at all."""
    if value is None:
        return
    if isinstance(value, dict):
        yield from _child(value) if "include" in value else _project(value)
    elif not isinstance(value, str):
        yield Fault(":trigger has to be either a string or a hash", ("trigger",))
    elif is_blank(value):
        yield Fault(":trigger config can't be blank", ("trigger",))


def _project(value: dict[Any, Any]) -> Iterator[Fault]:
    if not value:
        yield Fault(":trigger config can't be blank", ("trigger",))
    unknown = list(of_keys(":trigger", value, _PROJECT, ("trigger",)))
    if unknown:
        yield from unknown
        return
    if not isinstance(value.get("project"), str):
        yield Fault(":trigger project should be a string", ("trigger", "project"))
    if is_blank(value.get("project")):
        yield Fault(":trigger project can't be blank", ("trigger", "project"))
    yield from of_strings(":trigger", value, ("branch",), ("trigger",))
    if value.get("inputs") is not None and not isinstance(value["inputs"], dict):
        yield Fault(":trigger:inputs config should be a hash", ("trigger", "inputs"))
    yield from _common(value)


def _child(value: dict[Any, Any]) -> Iterator[Fault]:
    unknown = list(of_keys(":trigger", value, _CHILD, ("trigger",)))
    if unknown:
        yield from unknown
        return
    yield from _include(value["include"], ("trigger", "include"))
    yield from _common(value)


def _common(value: dict[Any, Any]) -> Iterator[Fault]:
    strategy, forward = value.get("strategy"), value.get("forward")
    if strategy is not None and strategy not in _STRATEGIES:
        yield Fault(":trigger strategy should be depend or mirror", ("trigger", "strategy"))
    path = ("trigger", "forward")
    if forward is not None and not isinstance(forward, dict):
        yield Fault(":trigger:forward config should be a hash", path)
    elif forward:
        flags = ("yaml_variables", "pipeline_variables")
        yield from list(of_keys(":trigger:forward", forward, flags, path)) or of_flags(
            ":trigger:forward", forward, flags, path
        )


def _include(value: Any, path: Path) -> Iterator[Fault]:
    if value is None or is_text(value):
        return
    if not isinstance(value, list):
        yield Fault(":trigger:include config should be an array or a string", path)
    elif len(value) > _INCLUDES:
        yield Fault(f":trigger:include config is too long (maximum is {_INCLUDES})", path)
    else:
        for number, one in enumerate(value):
            yield from _included(one, (*path, number))


def _included(value: Any, path: Path) -> Iterator[Fault]:
    where = ":trigger:include:include"
    if is_text(value):
        return
    if not isinstance(value, dict):
        yield Fault(f"{where} config should be a hash or a string", path)
        return
    unknown = list(of_keys(where, value, _INCLUDE, path))
    if unknown:
        yield from unknown
    elif "artifact" in value and is_blank(value.get("job")):
        yield Fault(f"{where} config must specify the job where to fetch the artifact from", path)
    elif "project" in value and is_blank(value.get("file")):
        yield Fault(f"{where} config must specify the file where to fetch the config from", path)
