"""variables: of the whole pipeline, of a job, and of a rule or a service."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, Path, is_text, is_texts, is_whole, unknown_keys

_GLOBAL = frozenset({"value", "description", "expand", "options"})
_JOB = frozenset({"value", "expand"})


def job_variables(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with the `variables:` of a job."""
    return _variables(value, ":variables", _JOB, ("variables",))


def global_variables(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with the `variables:` of the pipeline."""
    return _variables(value, "variables", _GLOBAL, ("variables",))


def plain_variables(where: str, value: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with variables that have no long form."""
    return _variables(value, where, frozenset(), path)


def _variables(value: Any, where: str, keys: frozenset[str], path: Path) -> Iterator[Fault]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(f"{where} config should be a hash", path)
        return
    for name, one in value.items():
        yield from _name(name, where, path)
        if isinstance(one, dict):
            yield from _long_form(name, one, where, keys, path)
        elif isinstance(one, list):
            yield Fault("variable definition must be either a string or a hash", (*path, name), named=False)


def _name(name: Any, where: str, path: Path) -> Iterator[Fault]:
    if not is_text(name) and not is_whole(name):
        shown = "simple variable" if name is None else str(name)
        yield Fault(f"{where}:{shown} key must be an alphanumeric string", (*path, name))


def _long_form(name: Any, value: dict[Any, Any], where: str, keys: frozenset[str], path: Path) -> Iterator[Fault]:
    unknown = unknown_keys(value, keys)
    if not keys:
        yield Fault(f"{where}:{name} config must be a string", (*path, name))
    elif unknown:
        yield Fault(f"{where}:{name} config uses invalid data keys: {', '.join(unknown)}", (*path, name))
    else:
        yield from _parts(f"{where}:{name}", value, (*path, name))


def _parts(where: str, value: dict[Any, Any], path: Path) -> Iterator[Fault]:
    held, description, options = value.get("value"), value.get("description"), value.get("options")
    if held is not None and not is_text(held) and not isinstance(held, int | float):
        yield Fault(f"{where} config value must be a scalar", (*path, "value"))
    if description is not None and not is_text(description) and not is_whole(description):
        yield Fault(f"{where} config description must be an alphanumeric string", (*path, "description"))
    if value.get("expand") is not None and not isinstance(value["expand"], bool):
        yield Fault(f"{where} config expand should be a boolean value", (*path, "expand"))
    if options is not None and not is_texts(options):
        yield Fault(f"{where} config options should be an array of strings", (*path, "options"))
    elif options is not None and held not in options:
        yield Fault(f"{where} config value must be present in options", path)
