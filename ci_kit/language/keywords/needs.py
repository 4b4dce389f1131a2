"""needs."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, Path, flattened, is_blank, is_text, is_whole, of_flags, of_keys, of_strings

_JOB = frozenset(("job", "artifacts", "optional", "parallel"))
_PIPELINE = frozenset(("pipeline", "job", "artifacts"))
_PROJECT = frozenset(("project", "ref", "job", "artifacts"))
_OTHERS = 5  # jobs of other pipelines


def needs(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `needs:`."""
    yield from _needs(value, is_bridge=False)


def bridge_needs(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `needs:` of a job that triggers."""
    yield from _needs(value, is_bridge=True)


def of_rule(value: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with `needs:` of a rule: there it knows the jobs of this pipeline only."""
    where = ":rules:rule:needs"
    if value is None:
        return
    if not isinstance(value, list | dict):
        yield Fault(f"{where} config can only be a hash or an array", path)
    elif any(isinstance(one, dict) and ("pipeline" in one or "project" in one) for one in each(value)):
        yield Fault(f"{where} config uses invalid types: cross_dependency", path)


def each(value: Any) -> list[Any]:
    """Return the needs of a job: a mapping is one, lists in lists are one list."""
    if isinstance(value, list):
        return list(flattened(value))
    return [value] if isinstance(value, dict) else []


def _needs(value: Any, *, is_bridge: bool) -> Iterator[Fault]:
    if value is None:
        return
    if not isinstance(value, list | dict):
        yield Fault(":needs config can only be a hash or an array", ("needs",))
        return
    if value == {}:
        yield Fault(":needs config can not be an empty hash", ("needs",))
        return
    if sum(isinstance(one, dict) and "pipeline" in one and "job" in one for one in each(value)) > _OTHERS:
        yield Fault(f":needs config must be less than or equal to {_OTHERS}", ("needs",))
    for number, item in enumerate(value if isinstance(value, list) else [value]):
        path = ("needs", number) if isinstance(value, list) else ("needs",)
        for one in flattened([item]):
            yield from _need(one, path, is_bridge)


def _need(value: Any, path: Path, is_bridge: bool) -> Iterator[Fault]:
    where = ":needs:need"
    if is_text(value):
        if is_blank(value):
            yield Fault(f"{where} config can't be blank", path)
        return
    known = _known(value, is_bridge)
    if known is None:
        yield Fault(f"{where} has an unsupported type", path)
        return
    unknown = list(of_keys(where, value, known, path))
    if unknown:
        yield from unknown
        return
    if "job" in known and is_blank(value.get("job")):
        yield Fault(f"{where} job can't be blank", path)
    yield from of_strings(where, value, ("job", "pipeline", "project", "ref"), path)
    yield from of_flags(where, value, ("artifacts", "optional"), path)
    if is_whole(value.get("parallel")):
        yield Fault(':needs config cannot use "parallel: <number>".', (*path, "parallel"))


def _known(value: Any, is_bridge: bool) -> frozenset[str] | None:
    """Return the keys of the kind of need, None when it is no kind."""
    if not isinstance(value, dict):
        return None
    if "project" in value:
        return _PROJECT
    if "pipeline" in value:
        return _PIPELINE if "job" in value else frozenset({"pipeline"}) if is_bridge else None
    return _JOB if "job" in value else None
