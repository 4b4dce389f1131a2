"""workflow."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, composed, crash, of_hash, of_keys
from ci_kit.language.keywords.auto_cancel import auto_cancel
from ci_kit.language.keywords.rules import workflow_rules

_KEYS = ("rules", "name", "auto_cancel")
_NAME = 255  # characters


def workflow(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `workflow:`."""
    if value is not None:
        yield from composed(_own(value), _inside(value))


def _own(value: Any) -> Iterator[Fault]:
    where, path = ":workflow", ("workflow",)
    if not isinstance(value, dict):
        yield from of_hash(where, value, path)
        yield from of_hash(where, value, path)  # GitLab asks twice
        return
    yield from of_keys(where, value, _KEYS, path)
    name = value.get("name")
    if isinstance(name, int | float):
        yield crash("NoMethodError: the name of a workflow has to be a string", (*path, "name"))
    elif name is not None and len(str(name) if not isinstance(name, list | dict) else name) > _NAME:
        yield Fault(f"{where} name is too long (maximum is {_NAME} characters)", (*path, "name"))


def _inside(value: dict[Any, Any]) -> Iterator[Fault]:
    for fault in workflow_rules(value.get("rules")):
        text = f":workflow{fault.text}" if fault.text.startswith(":") else fault.text
        yield fault._replace(text=text, path=("workflow", *fault.path))
    yield from auto_cancel(":workflow:auto_cancel", value.get("auto_cancel"), ("workflow", "auto_cancel"))
