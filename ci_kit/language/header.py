"""The `spec:` header of a file.

Sources: GitLab docs "CI/CD YAML syntax reference: Header keywords"; gitlab `lib/gitlab/ci/config/header`.
"""

from collections.abc import Hashable, Iterator
from typing import Any

from ci_kit.language.fault import is_text, unknown_keys
from ci_kit.language.problem import Problem, Refused
from ci_kit.source.value import Map, Mark

_SPEC = frozenset({"inputs", "include", "component", "description"})
_COMPONENT = ("name", "sha", "version", "reference")
_INPUT = frozenset({"default", "description", "options", "regex", "type", "rules"})
_TYPES = ("array", "boolean", "number", "string")
_DESCRIPTION = 256  # characters
_OPTIONS = 50
_SHOWN = 3  # messages that GitLab joins


def require_valid(header: Map) -> None:
    """Raise Refused with the first of GitLab's messages when the header is not as it has to be."""
    found = list(_of_header(header))
    if found:
        message = ", ".join(text for text, _ in found[:_SHOWN])
        raise Refused(Problem(message, found[0][1]))


def _of_header(header: Map) -> Iterator[tuple[str, Mark]]:
    unknown = unknown_keys(header, frozenset({"spec"}))
    if unknown:
        yield f"header config contains unknown keys: {', '.join(unknown)}", header.at
        return
    spec, at = header["spec"], header.values_at["spec"]
    if spec is not None and not isinstance(spec, Map):
        yield "header:spec config should be a hash", at
    elif spec:
        yield from _of_spec(spec)


def _of_spec(spec: Map) -> Iterator[tuple[str, Mark]]:
    unknown = unknown_keys(spec, _SPEC)
    if unknown:
        yield f"header:spec config contains unknown keys: {', '.join(unknown)}", spec.at
        return
    if len(str(spec.get("description") or "")) > _DESCRIPTION:
        words = f"header:spec config description is too long (maximum is {_DESCRIPTION} characters)"
        yield words, spec.values_at["description"]
    fields = spec.get("component")
    wrong = [str(one) for one in fields if one not in _COMPONENT] if isinstance(fields, list) else []
    if wrong:
        words = f"header:spec:component config contains unknown values: {', '.join(wrong)}"
        yield words, spec.values_at["component"]
    inputs = spec.get("inputs")
    if inputs is None:
        return
    if not isinstance(inputs, Map):
        yield "header:spec:inputs config should be a hash", spec.values_at["inputs"]
        return
    for name in inputs:
        for words in input_faults(inputs[name]):
            yield f"header:spec:inputs:{name} {words}", inputs.values_at[name]


def input_faults(about: Any, known: frozenset[Hashable] = frozenset(_INPUT)) -> Iterator[str]:
    """Yield what is wrong with the declaration of one input."""
    if about is None:
        return
    if not isinstance(about, dict):
        yield "config should be a hash"
        return
    unknown = [str(key) for key in about if key not in known]
    if unknown:
        yield f"config contains unknown keys: {', '.join(unknown)}"
    kind = about.get("type")
    if kind is not None and kind not in _TYPES:
        yield f"input type unknown value: {kind}"
    if about.get("regex") is not None and not isinstance(about["regex"], str):
        yield "input regex should be a string"
    description = about.get("description")
    if description is not None and not is_text(description) and type(description) is not int:
        yield "config description must be an alphanumeric string"
    yield from _of_options(about.get("options"))
    together = [key for key in about if key in ("rules", "options", "default")]
    if "rules" in known and "rules" in together and len(together) > 1:
        yield f"config these keys cannot be used together: {', '.join(map(str, together))}"


def _of_options(options: Any) -> Iterator[str]:
    if options is None:
        return
    if not isinstance(options, list):
        yield "input options should be an array"
    elif len(options) > _OPTIONS:
        yield f"config cannot define more than {_OPTIONS} options"
    elif None in options:
        yield "config options array cannot contain null values"
