"""inputs: of a job.

Source: GitLab docs "CI/CD YAML syntax reference: inputs"; gitlab `lib/gitlab/ci/config/entry` (job.rb, job_input.rb).
"""

from collections.abc import Hashable, Iterator
from typing import Any

from ci_kit.language.fault import Fault, located
from ci_kit.language.header import input_faults
from ci_kit.language.input_value import TYPES, faults, kind_of, string_keyed, typed
from ci_kit.language.ruby import text

_MOST = 50


def inputs(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `inputs:` of a job; each needs a default. GitLab looks at values once all is well."""
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(":inputs config should be a hash", ("inputs",))
        return
    declared = {name: {} if about is None or about is False else about for name, about in value.items()}
    found = [fault for name, about in declared.items() for fault in _of_declaration(name, about)]
    yield from found
    if not found and len(value) > _MOST:
        yield Fault(f" inputs has too many entries (maximum {_MOST})", ("inputs",))
    elif not found:
        yield from _of_kinds(declared)
        for name, about in declared.items():
            yield from _of_default(name, about)


def _of_declaration(name: Hashable, about: Any) -> Iterator[Fault]:
    where = located(":inputs", name, "job input")
    for fault in input_faults(name, about, is_job=True):
        yield Fault(f"{where} {fault.text}", ("inputs", name, *fault.path))
    if isinstance(about, dict) and about.get("default") is None:
        yield Fault(f"{where} must have a default value", ("inputs", name), curable="default" not in about)


def _of_kinds(declared: dict[Any, dict[Any, Any]]) -> Iterator[Fault]:
    """Yield a fault for each type that is a symbol: the check of the type takes it, the inputs do not know it."""
    for name, about in declared.items():
        if about.get("type") is not None and not kind_of(about):
            words = f"(valid types: {', '.join(TYPES)})"
            yield Fault(f" inputs unknown input specification for `{text(name)}` {words}", ("inputs", name, "type"))


def _of_default(name: Hashable, about: dict[Any, Any]) -> Iterator[Fault]:
    known = about if about.get("type") is not None else {key: about[key] for key in about if key != "type"}
    if kind_of(known):
        value = typed(string_keyed(about["default"]), kind_of(known))
        for message in faults(value, known, about.get("options"), "default"):
            yield Fault(f" inputs `{text(name)}`: {message}", ("inputs", name, "default"))
