"""`spec:include`: inputs that other files declare; those of files that cannot be read are left open.

Sources: GitLab docs "CI/CD YAML syntax reference: spec:include"; gitlab `lib/gitlab/ci/config/external/header`.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from ci_kit.language.documents import Documents, load
from ci_kit.language.fault import is_blank
from ci_kit.language.include_file import File, Text, find, location_problem
from ci_kit.language.include_location import kind_of, normalized, project_name
from ci_kit.language.items import items_of
from ci_kit.language.problem import Problem, Refused, Told, refuse
from ci_kit.language.project import unread
from ci_kit.language.ruby import symbol, text
from ci_kit.language.scope import Scope
from ci_kit.language.surroundings import Surroundings
from ci_kit.model.fetch import Unreachable
from ci_kit.source.value import Map, Mark

_KINDS = ("local", "remote", "project")
_OPEN = re.compile(r"[$*]")  # variables and wildcards are not followed


def with_included(
    spec: Map, inline: Map, given: Mapping[Hashable, Any], told: Told, around: Surroundings
) -> tuple[Map, bool]:
    """Return the inputs of the included files and the `inline` ones, and whether a file could not be read.

    Where GitLab refuses an include, it knows no input at all, and says so of those that are `given`.
    """
    said = spec.get("include")
    if is_blank(said):
        return inline, False
    refused: list[Problem] = []
    found = [_included(one, at, around, refused) for one, at in _each(said, spec.values_at["include"])]
    declared = [*(one for one in found if one is not None), inline]
    refused += [] if refused else _duplicates(declared)
    _tell(told, refused, given)
    return _merged(declared, spec.at), None in found or bool(refused)


def _included(said: Any, at: Mark, around: Surroundings, refused: list[Problem]) -> Map | None:
    """Return the inputs that an included file declares, None when it is not read; what is wrong is put to `refused`."""
    try:
        return _one(said, at, around)
    except Refused as error:
        refused.append(error.problem)
        return None


def _each(said: Any, mark: Mark) -> Iterator[tuple[Any, Mark]]:
    if isinstance(said, str):
        yield said, mark
    yield from ((one, at) for one, at in items_of(said) if one is not None)


def _one(said: Any, at: Mark, around: Surroundings) -> Map | None:
    location = normalized(said, at, Scope(), ()) if not _OPEN.search(str(said)) else None
    if location is None or around.project is None:
        _leave(f"`{text(said)}`", Unreachable("variables and wildcards are not followed here"), at, around)
        return None
    kind = kind_of(location, _KINDS, "header include")
    if isinstance(kind, Problem):
        raise Refused(kind)
    name = project_name(location) if kind.name == "project" else ""
    file = File(location, kind, around.site, name)
    problem = location_problem(file)
    if problem is not None:
        raise Refused(problem)
    found = find(file, around.project)
    if isinstance(found, Unreachable):
        _leave(file.subject, found, kind.at, around)
        return None
    if isinstance(found, str):
        raise refuse(found, kind.at)
    return _inputs(_read(file, found), kind.at)


def _leave(what: str, why: Unreachable, at: Mark, around: Surroundings) -> None:
    if around.found is not None:
        around.found.unresolved.append(unread(what, why, at))


def _read(file: File, found: Text) -> Documents:
    try:
        return load(found.text, found.name)
    except Refused as refused:
        raise Refused(file.within(refused.problem)) from refused


def _inputs(file: Documents, at: Mark) -> Map:
    if not file.content:
        raise refuse(f"Included file `{file.path}` does not have valid YAML syntax!", at)
    unknown = [key for key in file.content if key != "inputs"]
    if unknown:
        shown = ", ".join(symbol(key) if isinstance(key, str) else text(key) for key in unknown)
        words = f"Header include file `{file.path}` contains unknown keys: [{shown}]"
        raise refuse(words, file.content.keys_at[unknown[0]])
    inputs = file.content["inputs"]
    return inputs if isinstance(inputs, Map) else Map(file.content.at)


def _duplicates(declared: list[Map]) -> list[Problem]:
    often = Counter(name for inputs in declared for name in inputs)
    twice = [name for name, times in often.items() if times > 1]
    if not twice:
        return []
    at = next(inputs.keys_at[twice[0]] for inputs in reversed(declared) if twice[0] in inputs)
    words = "Input keys must be unique across all included files and inline specifications."
    return [Problem(f"Duplicate input keys found: {', '.join(map(text, twice))}. {words}", at)]


def _tell(told: Told, refused: list[Problem], given: Mapping[Hashable, Any]) -> None:
    if refused:
        names = ", ".join(map(text, given))
        told.tell(refused[0], f"{refused[0].message}, unknown input arguments: {names}" if names else "")
        for problem in refused[1:]:
            told.tell(problem)


def _merged(declared: list[Map], at: Mark) -> Map:
    made = Map(at)
    for inputs in declared:
        made.update(inputs)
        made.keys_at.update(inputs.keys_at)
        made.values_at.update(inputs.values_at)
    return made
