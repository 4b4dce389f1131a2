"""A component on its own: inputs that nobody uses or declares, and values of inputs with which it breaks.

Source: GitLab docs "CI/CD components", "CI/CD inputs".
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from ci_kit.language.analyse import Pipeline, analyse, is_component
from ci_kit.language.block import blocks, input_name
from ci_kit.language.documents import Documents
from ci_kit.language.input_value import asked, kind_of, typed
from ci_kit.language.inputs import Declared, Given, declared_in
from ci_kit.language.interpolate import place_of
from ci_kit.language.items import items_of
from ci_kit.language.problem import Problem, Told
from ci_kit.language.project import Project
from ci_kit.language.ruby import text as written
from ci_kit.language.surroundings import Surroundings
from ci_kit.lint.answers import BROKEN, UNDECLARED, UNUSED
from ci_kit.model.finding import Finding
from ci_kit.model.nearest import nearest
from ci_kit.model.place import Place
from ci_kit.source.lines import lines_of
from ci_kit.source.value import Map, Mark, Reference, Seq

_TRIES = 200  # pipelines judged for one component
_TEXT = 2 * 1024 * 1024  # characters judged for one component
_NAMED = 3  # values that one message names


class _Try(NamedTuple):
    """One input and a value that it may be given."""

    name: str
    value: Any
    at: Mark

    @property
    def given(self) -> Map:
        made = Map(self.at)
        made[self.name], made.keys_at[self.name], made.values_at[self.name] = self.value, self.at, self.at
        return made

    def __str__(self) -> str:
        return f"`{self.name}` = `{written(self.value)}`"


class _Use(NamedTuple):
    """A block that names an input, and where it stands."""

    name: str
    at: Mark


def check(found: Pipeline, project: Project) -> Iterator[Finding]:
    """Yield what is wrong with a component beyond what `found` has; nothing for a file that is none, or is not read."""
    file = found.files[0] if found.files else None
    if file is None or file.header is None or not is_component(found.path):
        return
    declared = declared_in(file, Given(stand_ins=True), Told(), Surroundings(project))
    uses = list(_uses(file))
    yield from _unused(declared, uses)
    if not declared.is_open:
        yield from _undeclared(declared, uses)
    yield from _broken(found, project, list(_tries(declared)))


def _uses(file: Documents) -> Iterator[_Use]:
    lines = lines_of(file.text)
    for scalar, at in _texts(file.content, file.content.at):
        for block in blocks(scalar):
            name = input_name(block.data)
            if name is not None:
                yield _Use(name, place_of(block.whole, at, lines))


def _texts(value: Any, at: Mark) -> Iterator[tuple[str, Mark]]:
    """Yield the texts in which GitLab looks for blocks; it does not look into a `!reference`."""
    if isinstance(value, str):
        yield value, at
    elif isinstance(value, Map):
        for key, part in value.items():
            yield from _texts(key, value.keys_at[key])
            yield from _texts(part, value.values_at[key])
    elif isinstance(value, Seq) and not isinstance(value, Reference):
        for one, one_at in zip(value, value.items_at, strict=True):
            yield from _texts(one, one_at)


def _unused(declared: Declared, uses: list[_Use]) -> Iterator[Finding]:
    used = {use.name for use in uses} | {name for about in declared.inputs.values() for name in _asked(about)}
    for name in declared.inputs:
        if written(name) not in used:
            message = f"input `{written(name)}` is declared, and used nowhere"
            yield UNUSED.finding(message, Place.of(declared.inputs.keys_at[name]))


def _asked(about: Any) -> Iterator[str]:
    """Yield the inputs for which the rules of an input ask."""
    for rule, _ in items_of(about.get("rules")) if isinstance(about, Map) else ():
        if isinstance(rule, Map) and isinstance(rule.get("if"), str):
            yield from (name.removeprefix("inputs.") for name in asked(rule["if"]))


def _undeclared(declared: Declared, uses: list[_Use]) -> Iterator[Finding]:
    names = [written(name) for name in declared.inputs]
    known = frozenset(names)
    for use in dict.fromkeys(uses):
        if use.name not in known:
            message = f"input `{use.name}` is not declared in `spec:inputs`"
            meant = nearest(use.name, names)
            yield UNDECLARED.finding(message, Place.of(use.at), suggestion=meant)


def _tries(declared: Declared) -> Iterator[_Try]:
    """Yield the values worth trying: each option of each input, and both of a boolean."""
    for name, about in declared.inputs.items():
        if name in declared.wrong or not isinstance(name, str) or not isinstance(about, Map):
            continue
        if kind_of(about) == "boolean":
            yield from (_Try(name, value, declared.inputs.keys_at[name]) for value in (True, False))
        for option, at in _options(about):
            if not isinstance(option, dict | list):
                yield _Try(name, typed(option, kind_of(about), at), at)


def _options(about: Map) -> Iterator[tuple[Any, Mark]]:
    yield from items_of(about.get("options"))
    for rule, _ in items_of(about.get("rules")):
        yield from items_of(rule.get("options")) if isinstance(rule, Map) else ()


def _broken(found: Pipeline, project: Project, tries: list[_Try]) -> Iterator[Finding]:
    """Yield a finding for each problem that the defaults do not show, with the values that do."""
    text = found.texts[found.path]
    shown = set(map(_told, found.problems))
    causes: dict[tuple[str, Mark], list[_Try]] = {}
    problems: dict[tuple[str, Mark], Problem] = {}
    for one in tries[: min(_TRIES, _TEXT // (len(text) + 1) + 1)]:
        for problem in analyse(text, found.path, project, given=one.given).problems:
            if _told(problem) not in shown:
                causes.setdefault(_told(problem), []).append(one)
                problems.setdefault(_told(problem), problem)
    for key, values in causes.items():
        yield _expansion(problems[key], values)


def _told(problem: Problem) -> tuple[str, Mark]:
    return problem.message, problem.at


def _expansion(problem: Problem, values: list[_Try]) -> Finding:
    more = f" and {len(values) - _NAMED} more" if len(values) > _NAMED else ""
    causes = f"{' or '.join(map(str, values[:_NAMED]))}{more}"
    message = f"with {causes}: {problem.ours or problem.message}"
    return BROKEN.finding(message, Place.of(problem.at), suggestion=problem.suggestion)
