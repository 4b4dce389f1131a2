"""variables: of the whole pipeline, of a job, and of a rule or a service."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.fault import (
    Fault,
    Path,
    crash,
    is_scalar,
    is_text,
    is_texts,
    is_whole,
    located,
    suggestion,
    unknown_keys,
)

_GLOBAL = ("value", "description", "expand", "options")
_JOB = ("value", "expand")


def job_variables(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with the `variables:` of a job."""
    return _variables(value, ":variables", _JOB, ("variables",))


def global_variables(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with the `variables:` of the pipeline."""
    return _variables(value, ":variables", _GLOBAL, ("variables",))


def plain_variables(where: str, value: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with variables that have no long form."""
    return _variables(value, where, (), path)


def _variables(value: Any, where: str, keys: tuple[str, ...], path: Path) -> Iterator[Fault]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(f"{where} config should be a hash", path)
        return
    for name, one in value.items():
        if isinstance(one, str) and isinstance(name, str):
            continue
        if isinstance(one, list):
            text = "variable definition must be either a string or a hash"
            yield Fault(text, (*path, name), raw=True)
        elif is_scalar(one) and one is not False:
            yield from _of_name(located(where, name, "simple variable"), name, path)
        else:  # GitLab takes null, and false too, for a long form in which nothing stands
            yield from _long_form(located(where, name, "complex variable"), name, one or {}, keys, path)


def _of_name(where: str, name: Any, path: Path) -> Iterator[Fault]:
    if not is_text(name) and not is_whole(name):
        yield Fault(f"{where} key must be an alphanumeric string", (*path, name), is_key=True)


def _long_form(where: str, name: Any, value: dict[Any, Any], keys: tuple[str, ...], path: Path) -> Iterator[Fault]:
    yield from _of_name(where, name, path)
    path = (*path, name)
    yield from _parts(where, value, path)
    unknown = unknown_keys(value, keys)
    if not keys:
        yield Fault(f"{where} config must be a string", path)
    elif unknown:
        wrong = next(key for key in value if key not in keys)
        text = f"{where} config uses invalid data keys: {', '.join(unknown)}"
        yield Fault(text, (*path, wrong), suggestion=suggestion(unknown[0], keys), is_key=True)
    yield from _choice(where, value.get("value"), value.get("options"), path)


def _parts(where: str, value: dict[Any, Any], path: Path) -> Iterator[Fault]:
    held, description, options = value.get("value"), value.get("description"), value.get("options")
    if held is not None and not is_scalar(held):
        yield Fault(f"{where} config value must be a scalar", (*path, "value"))
    if description is not None and not is_text(description) and not is_whole(description):
        yield Fault(f"{where} config description must be an alphanumeric string", (*path, "description"))
    if value.get("expand") is not None and not isinstance(value["expand"], bool):
        yield Fault(f"{where} config expand should be a boolean value", (*path, "expand"))
    if options is not None and not is_texts(options):
        yield Fault(f"{where} config options should be an array of strings", (*path, "options"))


def _choice(where: str, held: Any, options: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with the value beside its options, which Ruby asks whether they include it."""
    if not options:
        return
    if not isinstance(options, str | list | dict) or (isinstance(options, str) and not isinstance(held, str)):
        reason = "TypeError" if isinstance(options, str) else "NoMethodError"
        yield crash(f"{reason}: `options` has to be a list", (*path, "options"))
    elif not (held in options if isinstance(options, str) else any(ruby.same(one, held) for one in options)):
        yield Fault(f"{where} config value must be present in options", (*path, "value"))
