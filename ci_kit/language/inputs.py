"""The inputs of a file with a `spec:` header: declared, given, and put in place of `$[[ inputs.… ]]`.

Sources: GitLab docs "CI/CD inputs"; gitlab `lib/ci/inputs/builder.rb`,
`lib/gitlab/ci/config/interpolation/interpolator.rb`.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from ci_kit.language.block import Context
from ci_kit.language.documents import Documents
from ci_kit.language.header import COMPONENT, Said, problems
from ci_kit.language.input_value import TYPES, Choice, choice, faults, is_required, kind_of, string_keyed, typed
from ci_kit.language.interpolate import replaced_in
from ci_kit.language.problem import Problem, Told
from ci_kit.language.ruby import text
from ci_kit.language.surroundings import ALONE, Surroundings
from ci_kit.language.unknown import stand_in
from ci_kit.source.value import NOWHERE, Map, Mark, Seq

_SHOWN = 3  # messages that GitLab joins


class Declared(NamedTuple):
    """The inputs that a file declares, those that cannot be judged, and whether others are declared elsewhere."""

    inputs: Map
    wrong: frozenset[Hashable] = frozenset()
    is_open: bool = False


class Given(NamedTuple):
    """The values that inputs are given, where that is, and whether stand-ins take the place of those that lack."""

    values: Mapping[Hashable, Any] = {}
    at: Mark = NOWHERE
    stand_ins: bool = False


def interpolated(
    file: Documents,
    given: Mapping[Hashable, Any],
    told: Told,
    *,
    at: Mark = NOWHERE,
    stand_ins: bool = False,
    around: Surroundings = ALONE,
) -> Map:
    """Return the content with its inputs replaced, by `stand_ins` where a component leaves them open.

    What GitLab does not take of the header, the values or the `$[[ … ]]` is told; what was `given` stands at `at`.
    """
    if file.header is None:
        return file.content
    declared = declared_in(file, Given(given, at, stand_ins), told, around)
    values = evaluated(declared, Given(given, at, stand_ins), told)
    component = _component(file.header, around, stand_ins)
    context = Context(values, component, around.scope, declared.is_open)
    return replaced_in(file, context, told)


def declared_in(file: Documents, given: Given, told: Told, around: Surroundings = ALONE) -> Declared:
    """Return the inputs that the header declares, with those of `spec:include`; what is wrong with it is told."""
    header = file.header or Map(NOWHERE)
    spec = header.get("spec")
    is_refused = isinstance(spec, Map) and _is_include_refused(spec, file, given, told, around)
    said = list(problems(header))
    tell_joined(told, said)
    if not isinstance(spec, Map):
        return Declared(Map(header.at), is_open=spec is not None)
    inputs = spec.get("inputs")
    inline = inputs if isinstance(inputs, Map) else Map(spec.at)
    wrong = frozenset(name for one in said for name in one.inputs)
    own = Declared(inline, wrong, is_refused or not (inputs is None or isinstance(inputs, Map)))
    if "include" not in spec or is_refused:
        return own
    if any(one.problem.message.startswith("header:spec:include") for one in said):
        return own._replace(is_open=True)
    return _including(own, spec, given, told, around)


def _including(own: Declared, spec: Map, given: Given, told: Told, around: Surroundings) -> Declared:
    from ci_kit.language.header_include import with_included

    inputs, is_open = with_included(spec, own.inputs, given.values, told, around)
    return own._replace(inputs=inputs, is_open=own.is_open or is_open)


def _is_include_refused(spec: Map, file: Documents, given: Given, told: Told, around: Surroundings) -> bool:
    """Tell that a component may not include inputs, and whether it tries to."""
    if "include" not in spec or not (given.stand_ins or around.component is not None):
        return False
    words = "cannot use `spec:include`. This keyword is not supported in components"
    told.tell(Problem(f"Component `{file.path}` {words}", spec.keys_at["include"]))
    return True


def evaluated(declared: Declared, given: Given, told: Told) -> dict[str, Any]:
    """Return the value of each input, a stand-in for one that has none; what GitLab does not take is told."""
    found = [] if declared.is_open else _unknown_arguments(declared, given)
    found += _unknown_kinds(declared)
    known = dict(given.values)  # what rules may ask for: inputs declared below are known only as they are given
    for name in declared.inputs:
        one = _Input(name, declared, given)
        known[name] = one.value(choice(one.about, known, is_open=declared.is_open))
        found += one.problems
    tell_joined(told, map(Said, found))
    return {name: known[name] for name in declared.inputs if isinstance(name, str)}


def tell_joined(told: Told, said: Iterable[Said]) -> None:
    """Tell each of the problems once; GitLab prints the first three of those that it comes to as one."""
    said = list(said)
    joined = ", ".join([one.problem.message for one in said if one.printed][:_SHOWN])
    for problem in dict.fromkeys(one.problem for one in said):
        told.tell(problem, joined)


class _Input:
    """One input on the way from its declaration to its value, and what is wrong with it."""

    def __init__(self, name: Hashable, declared: Declared, given: Given) -> None:
        about = declared.inputs[name]
        self.name = name
        self.about: Mapping[Hashable, Any] = about if isinstance(about, Map) else {}
        self.at = declared.inputs.keys_at[name]
        self.is_wrong = name in declared.wrong or not _has_kind(about)
        self.given = given
        self.problems: list[Problem] = []

    def value(self, chosen: Choice) -> Any:
        """Return the value, a stand-in where it is missing, unknown or wrong."""
        parameter = self.given.values.get(self.name)
        if parameter == "" and self.about.get("rules") is not None:
            parameter = None
        if self.is_wrong:
            return stand_in(text(self.name))
        if parameter is None and is_required(self.about):
            return self._missing(chosen)
        default = self._default(chosen)
        if parameter is not None:
            return self._checked(parameter, chosen, "provided")
        return stand_in(text(self.name)) if chosen.is_open else default

    def _default(self, chosen: Choice) -> Any:
        """Return the default, which is judged even when it is null; rules may come to none, which is not."""
        if chosen.default is None and (is_required(self.about) or self.about.get("rules") is not None):
            return "" if kind_of(self.about) == "string" else None
        return self._checked(string_keyed(chosen.default), chosen, "default")

    def _missing(self, chosen: Choice) -> Any:
        if self.given.stand_ins:
            return _stand_in(self.name, self.about, chosen, self.at)
        at = self.at if self.given.at == NOWHERE else self.given.at
        self._wrong("required value has not been provided", at)
        return stand_in(text(self.name))

    def _checked(self, value: Any, chosen: Choice, how: str) -> Any:
        """Return the value in the type of the input, a stand-in when it may not be taken."""
        at = self._place(how)
        made = typed(value, kind_of(self.about), at)
        found = list(faults(made, self.about, None if chosen.is_open else chosen.options, how))
        for message in found:
            self._wrong(message, at)
        return stand_in(text(self.name)) if found else made

    def _place(self, how: str) -> Mark:
        if how == "provided":
            values = self.given.values
            return values.values_at.get(self.name, self.given.at) if isinstance(values, Map) else self.given.at
        return self.about.values_at.get("default", self.at) if isinstance(self.about, Map) else self.at

    def _wrong(self, message: str, at: Mark) -> None:
        self.problems.append(Problem(f"`{text(self.name)}` input: {message}", at))


def _stand_in(name: Hashable, about: Mapping[Hashable, Any], chosen: Choice, at: Mark) -> Any:
    kind = kind_of(about)
    if isinstance(chosen.options, list) and chosen.options:
        return typed(chosen.options[0], kind, at)
    return {"array": Seq(at), "number": 1, "boolean": True}.get(kind, stand_in(text(name)))


def _unknown_arguments(declared: Declared, given: Given) -> list[Problem]:
    unknown = [text(name) for name in given.values if not _is_declared(name, declared.inputs)]
    return [Problem(f"unknown input arguments: {', '.join(unknown)}", given.at)] if unknown else []


def _unknown_kinds(declared: Declared) -> list[Problem]:
    """Return the problems of inputs of which the checks of the header are silent, and GitLab yet knows no type."""
    words = f"(valid types: {', '.join(TYPES)})"
    return [
        Problem(f"unknown input specification for `{text(name)}` {words}", declared.inputs.values_at[name])
        for name, about in declared.inputs.items()
        if name not in declared.wrong and not _has_kind(about)
    ]


def _is_declared(name: Hashable, inputs: Map) -> bool:
    return name in inputs and _has_kind(inputs[name])


def _has_kind(about: Any) -> bool:
    return about is None or about is False or (isinstance(about, Map) and bool(kind_of(about)))


def _component(header: Map, around: Surroundings, stand_ins: bool) -> dict[str, Any]:
    """Return the fields of the component that the header lists; a file that is no component has none."""
    spec = header.get("spec")
    listed = spec.get("component") if isinstance(spec, Map) else None
    if not isinstance(listed, list) or not (stand_ins or around.component is not None):
        return {}
    known = around.component or {}
    fields = [field for field in COMPONENT if field in listed]
    return {field: known.get(field, stand_in(field, "COMPONENT")) for field in fields}
