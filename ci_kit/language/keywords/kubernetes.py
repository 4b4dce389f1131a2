"""environment:kubernetes."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, Path, is_blank, of_keys, of_presence, of_strings
from ci_kit.language.shape import Shape, closed, faults

_KEYS = ("namespace", "agent", "flux_resource_path", "managed_resources", "dashboard")
_MANAGED = closed({"enabled": Shape(("boolean",))})
_DASHBOARD = closed(
    {
        "namespace": Shape(("string",), least=1, most=63),
        "flux_resource_path": Shape(("string",), least=1, most=255),
    },
    required=("namespace",),
)
_WHERE = ":environment:kubernetes"


def kubernetes(value: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with the mapping of `kubernetes:`; the environment itself asks for a mapping."""
    if value is None:
        return
    if not value:
        yield Fault(f"{_WHERE} config can't be blank", path, curable=True)
    yield from of_keys(_WHERE, value, _KEYS, path)
    flux = not is_blank(value.get("flux_resource_path"))
    yield from of_strings(_WHERE, value, ("namespace",), path)
    yield from of_presence(_WHERE, value, "namespace", path) if flux else ()
    yield from of_strings(_WHERE, value, ("agent",), path)
    yield from of_presence(_WHERE, value, "agent", path) if flux or _needs_agent(value) else ()
    yield from of_strings(_WHERE, value, ("flux_resource_path",), path)
    managed, dashboard = value.get("managed_resources"), value.get("dashboard")
    if managed is not None:
        yield from faults(f"{_WHERE} managed resources", managed, _MANAGED, (*path, "managed_resources"))
    if not is_blank(dashboard):
        yield from faults(f"{_WHERE} dashboard", dashboard, _DASHBOARD, (*path, "dashboard"))
        yield from _twice(value, dashboard, path)


def _needs_agent(value: dict[Any, Any]) -> bool:
    managed = value.get("managed_resources")
    return not is_blank(value.get("dashboard")) or (isinstance(managed, dict) and managed.get("enabled") is True)


def _twice(value: dict[Any, Any], dashboard: Any, path: Path) -> Iterator[Fault]:
    for name in ("namespace", "flux_resource_path") if isinstance(dashboard, dict) else ():
        if not is_blank(value.get(name)) and not is_blank(dashboard.get(name)):
            words = f"{name.replace('_', ' ')} cannot be specified when dashboard.{name} is set"
            yield Fault(f"{_WHERE} {words}", (*path, name))
