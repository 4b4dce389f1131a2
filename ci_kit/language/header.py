"""The `spec:` header of a file: what GitLab refuses in it, before it looks at any value of an input.

Sources: GitLab docs "CI/CD YAML syntax reference: Header keywords"; gitlab `lib/gitlab/ci/config/header`,
`lib/gitlab/ci/config/entry/base_input.rb`.
"""

from collections.abc import Collection, Hashable, Iterator
from typing import Any, NamedTuple

from ci_kit.language.fault import Fault, is_text, is_whole, located
from ci_kit.language.header_rules import MOST_OPTIONS, fault_at, others, rule_problems
from ci_kit.language.items import items_of
from ci_kit.language.keywords.include import source_faults
from ci_kit.language.problem import Problem
from ci_kit.language.ruby import joined, text
from ci_kit.model.nearest import nearest
from ci_kit.source.value import Map, Mark, Seq, Symbol

COMPONENT = ("name", "sha", "version", "reference")
_SPEC = ("inputs", "include", "component", "description")
_INCLUDE = ("local", "file", "remote", "project", "ref", "integrity")
_JOB_INPUT = ("default", "description", "options", "regex", "type")
_INPUT = (*_JOB_INPUT, "rules")
_TYPES = ("array", "boolean", "number", "string")
_DESCRIPTION = 256  # characters


class Said(NamedTuple):
    """A problem of the header; `printed` when GitLab comes to it, which it does not below a part that is wrong.

    `inputs` are the names of the inputs that are not to be judged any further.
    """

    problem: Problem
    printed: bool = True
    inputs: tuple[Hashable, ...] = ()


def problems(header: Map) -> Iterator[Said]:
    """Yield what is wrong with the header, in GitLab's words and order."""
    unknown = list(_unknown("header", header, ("spec",)))
    yield from map(Said, unknown)
    spec, at = header.get("spec"), header.values_at.get("spec", header.at)
    if isinstance(spec, Map):
        yield from _of_spec(spec, not unknown)
    elif spec is not None:
        yield Said(Problem("header:spec config should be a hash", at), not unknown)


def input_faults(name: Hashable, about: Any, *, is_job: bool = False) -> Iterator[Fault]:
    """Yield what is wrong with the declaration of one input, each sentence to be put behind where the input stands.

    The paths lead from the declaration. An input of a job has no rules, and is told once that it is no hash.
    """
    if not is_text(name) and not is_whole(name):
        yield Fault("key must be an alphanumeric string")
    if not isinstance(about, dict):
        yield from [Fault("config should be a hash")] * (1 if is_job else 2)
        return
    yield from _of_fields(about)
    yield from _of_options(about.get("options"), "input options")
    unknown = others(about, _JOB_INPUT if is_job else _INPUT)
    if unknown:
        yield Fault(f"config contains unknown keys: {', '.join(map(text, unknown))}", (unknown[0],))
    for other in ("options", "default") if "rules" in about and not is_job else ():
        if other in about:
            both = ", ".join(str(key) for key in about if key in ("rules", other))
            yield Fault(f"config these keys cannot be used together: {both}", (other,))


def _of_spec(spec: Map, printed: bool) -> Iterator[Said]:
    own = [*_unknown("header:spec", spec, _SPEC), *_of_description(spec)]
    yield from (Said(one, printed) for one in own)
    printed = printed and not own
    yield from _of_inputs(spec, printed)
    yield from (Said(one, printed) for one in (*_of_includes(spec), *_of_component(spec)))


def _of_description(spec: Map) -> Iterator[Problem]:
    about, where = spec.get("description"), "header:spec config description"
    if about is not None and not isinstance(about, str):
        yield Problem(f"{where} should be a string", spec.values_at["description"])
    if isinstance(about, str | list | dict) and len(about) > _DESCRIPTION:
        words = f"{where} is too long (maximum is {_DESCRIPTION} characters)"
        yield Problem(words, spec.values_at["description"])


def _of_inputs(spec: Map, printed: bool) -> Iterator[Said]:
    inputs = spec.get("inputs")
    if isinstance(inputs, Map):
        for name in inputs:
            yield from _of_input(name, inputs, printed)
    elif inputs is not None:
        yield Said(Problem("header:spec:inputs config should be a hash", spec.values_at["inputs"]), printed)


def _of_input(name: Hashable, inputs: Map, printed: bool) -> Iterator[Said]:
    about = inputs[name]
    if about is None or about is False:
        return
    where = located("header:spec:inputs", name, "input")
    own = list(input_faults(name, about))
    for fault in own:
        at, meant = _of_fault(fault, about, inputs.values_at[name])
        yield Said(Problem(f"{where} {fault.text}".lower(), at, meant), printed, (name,))
    if isinstance(about, Map) and about.get("rules") is not None:
        found = rule_problems(where, about["rules"], about.values_at["rules"])
        yield from (Said(one, printed and not own, (name,)) for one in found)


def _of_fault(fault: Fault, about: Any, at: Mark) -> tuple[Mark, str]:
    """Return where a fault stands, and the word that was meant when it is an unknown key."""
    if not fault.path or not isinstance(about, Map):
        return at, ""
    key = fault.path[0]
    if key in _INPUT:
        return about.values_at[key], ""
    return about.keys_at[key], nearest(text(key), _INPUT)


def _of_fields(about: dict[Any, Any]) -> Iterator[Fault]:
    description, regex, kind = about.get("description"), about.get("regex"), about.get("type")
    if description is not None and not is_text(description) and not is_whole(description):
        yield Fault("input description must be an alphanumeric string", ("description",))
    if regex is not None and not isinstance(regex, str):
        yield Fault("input regex should be a string", ("regex",))
    if kind is not None and text(kind) not in _TYPES:
        yield Fault(f"input type unknown value: {text(kind)}", ("type",))


def _of_options(options: Any, attribute: str) -> Iterator[Fault]:
    if options is not None and not isinstance(options, list):
        yield Fault(f"{attribute} should be an array", ("options",))
    if isinstance(options, str | list | dict) and len(options) > MOST_OPTIONS:
        yield Fault(f"config cannot define more than {MOST_OPTIONS} options", ("options",))
    if isinstance(options, list) and any(one is None for one in options):
        yield Fault("config options array cannot contain null values", ("options",))


def _of_includes(spec: Map) -> Iterator[Problem]:
    said = spec.get("include")
    if said is None:
        return
    at = spec.values_at["include"]
    if not isinstance(said, str | Seq):
        yield Problem("header:spec:include config should be an array or a string", at)
        return
    for one, one_at in [(said, at)] if isinstance(said, str) else items_of(said):
        for fault in _of_include(one) if one is not None else ():
            yield Problem(f"header:spec:include:include {fault.text}".lower(), fault_at(one, fault, one_at))


def _of_include(said: Any) -> Iterator[Fault]:
    if not isinstance(said, dict):
        if not isinstance(said, str):
            yield Fault("config should be a hash or a string")
        return
    for fault in source_faults(said):
        yield fault._replace(text=f"config {fault.text}")
    unknown = others(said, _INCLUDE)
    if unknown:
        yield Fault(f"config contains unknown keys: {', '.join(map(text, unknown))}", (unknown[0],))


def _of_component(spec: Map) -> Iterator[Problem]:
    fields, where = spec.get("component"), "header:spec:component config"
    if fields is None:
        return
    at = spec.values_at["component"]
    if not isinstance(fields, Seq):
        yield Problem(f"{where} should be an array", at)
    if not isinstance(fields, Seq) or not all(isinstance(one, str | Symbol) for one in fields):
        yield Problem(f"{where} should be an array of strings", at)
    wrong = others(fields, COMPONENT) if isinstance(fields, Seq) else []
    if wrong:
        words = f"{where} contains unknown values: {joined(wrong)}".lower()
        yield Problem(words, fields.items_at[fields.index(wrong[0])], nearest(text(wrong[0]), COMPONENT))


def _unknown(where: str, value: Map, known: Collection[str]) -> Iterator[Problem]:
    unknown = others(value, known)
    if unknown:
        words = f"{where} config contains unknown keys: {', '.join(map(text, unknown))}".lower()
        yield Problem(words, value.keys_at[unknown[0]], nearest(text(unknown[0]), known))
