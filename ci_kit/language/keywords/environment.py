"""environment."""

import re
from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, Path, is_blank, of_keys, of_strings

_KEYS = frozenset(("name", "url", "action", "on_stop", "auto_stop_in", "kubernetes", "deployment_tier"))
_KUBERNETES = frozenset(("namespace", "agent", "flux_resource_path", "managed_resources", "dashboard"))
_ACTIONS = ("start", "stop", "prepare", "verify", "access")
_NAME = re.compile(r"[\w\-${}. ]([\w\-/${}. ]*[\w\-${}. ])?", re.A)
_NAME_WORDS = (
    "name can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, "
    "but it cannot start or end with '/'"
)
_URL = 255  # characters


def environment(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `environment:`."""
    if value is None:
        return
    if isinstance(value, dict):
        yield from _mapping(value)
        return
    if not isinstance(value, str):
        yield Fault(":environment config should be a hash or a string", ("environment",))
    yield from _name(value, ("environment",))


def _mapping(value: dict[Any, Any]) -> Iterator[Fault]:
    where, path = ":environment", ("environment",)
    unknown = list(of_keys(where, value, _KEYS, path))
    if unknown:
        yield from unknown
        return
    yield from _name(value.get("name"), ("environment", "name"))
    yield from of_strings(where, value, ("url", "on_stop", "auto_stop_in", "deployment_tier"), path)
    if len(str(value.get("url") or "")) > _URL:
        yield Fault(f"{where} url is too long (maximum is {_URL} characters)", ("environment", "url"))
    if value.get("action") is not None and value["action"] not in _ACTIONS:
        yield Fault(f"{where} action should be start, stop, prepare, verify, or access", ("environment", "action"))
    yield from _kubernetes(value.get("kubernetes"), ("environment", "kubernetes"))


def _name(value: Any, path: Path) -> Iterator[Fault]:
    if is_blank(value) or not isinstance(value, str | int | float):
        yield Fault(":environment name can't be blank", path)
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        yield Fault(f":environment {_NAME_WORDS}", path)


def _kubernetes(value: Any, path: Path) -> Iterator[Fault]:
    where = ":environment:kubernetes"
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(":environment kubernetes should be a hash", path)
    elif not value:
        yield Fault(f"{where} config can't be blank", path)
    else:
        unknown = list(of_keys(where, value, _KUBERNETES, path))
        yield from unknown or _cluster(where, value, path)


def _cluster(where: str, value: dict[Any, Any], path: Path) -> Iterator[Fault]:
    yield from of_strings(where, value, ("namespace", "agent", "flux_resource_path"), path)
    dashboard, managed = _mapping_at(value, "dashboard"), _mapping_at(value, "managed_resources")
    flux = not is_blank(value.get("flux_resource_path"))
    if flux and is_blank(value.get("namespace")):
        yield Fault(f"{where} namespace can't be blank", path)
    if (flux or dashboard or managed.get("enabled")) and is_blank(value.get("agent")):
        yield Fault(f"{where} agent can't be blank", path)
    if dashboard.get("namespace") and value.get("namespace"):
        yield Fault(f"{where} namespace cannot be specified when dashboard.namespace is set", path)
    if managed.get("enabled") is not None and not isinstance(managed["enabled"], bool):
        yield Fault(f"{where} managed resources value at `/enabled` is not a boolean", (*path, "managed_resources"))


def _mapping_at(value: dict[Any, Any], key: str) -> dict[Any, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}
