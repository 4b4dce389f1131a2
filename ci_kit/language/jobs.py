"""The jobs of a pipeline as rules look at them: images, services, variables and commands, each with its place."""

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

from ci_kit.language import ruby
from ci_kit.language.entries import is_job_key, job_names
from ci_kit.language.items import items_of
from ci_kit.source.value import NOWHERE, Map, Mark

_SCRIPTS = ("before_script", "script", "after_script")
_DEFAULTS = ("image", "services", "before_script", "after_script")
_ASSIGNED = r"(?m)(?:^|[\s;&|(])([A-Za-z_]\w*)=|\bread\s+(?:-\w+\s+)*([A-Za-z_]\w*)"
_TAG = r"(?<![!\w])\$CI_COMMIT_TAG\b(?!\s*==\s*(?:null|\"\"|''))"
_ONE_REF = rf"{_TAG}|\$CI_COMMIT_(?:BRANCH|REF_NAME)\s*==|\$CI_COMMIT_REF_PROTECTED"


class Text(NamedTuple):
    """A string of the pipeline, and where it stands."""

    value: str
    at: Mark


class CiService(NamedTuple):
    """A service of a job; `variables` are its own, which the job does not see."""

    name: Text
    alias: str
    variables: Mapping[str, Text]
    command: tuple[str, ...]


class CiJob(NamedTuple):
    """A job with what it takes from `default:`, `extends:`, `!reference` and the global variables.

    `variables` are those whose value is certain: none that its matrix, its rules or its scripts may set anew.
    `any_branch` is false where rules or `only:` let it run for tags or for branches of a known name alone.
    """

    name: str
    at: Mark
    image: Text | None
    services: tuple[CiService, ...]
    variables: Mapping[str, Text]
    commands: tuple[Text, ...]
    any_branch: bool = True


def jobs_of(content: Any) -> Iterator[CiJob]:
    """Yield the visible jobs of an expanded root; hidden ones count only where they are used."""
    if isinstance(content, Map):
        for name in job_names(content):
            yield _job(name, content)


def _job(name: Hashable, content: Map) -> CiJob:
    job: Map = content[name]
    own = {} if "trigger" in job else _with_defaults(job, content)  # a bridge starts no container
    texts = tuple(text for keyword in _SCRIPTS for text in _commands(own, keyword))
    uncertain = {*_set_elsewhere(job), *_set_in(texts)}
    variables = _inherited(job, "variables", _variables(content)) | _variables(job)
    return CiJob(
        name=ruby.text(name),
        at=content.keys_at[name],
        image=_image(own),
        services=tuple(_services(own)),
        variables={name: text for name, text in variables.items() if name not in uncertain},
        commands=texts,
        any_branch=not _is_for_one_ref(job),
    )


def _set_elsewhere(job: Map) -> Iterator[str]:
    """Yield the variables that the job's matrix or a rule of it may set."""
    parallel, rules = job.get("parallel"), job.get("rules")
    matrix = parallel.get("matrix") if isinstance(parallel, Map) else None
    for row, _ in items_of(matrix):
        yield from map(str, row if isinstance(row, Map) else ())
    for rule, _ in items_of(rules):
        yield from _variables(rule) if isinstance(rule, Map) else ()


def _set_in(texts: tuple[Text, ...]) -> Iterator[str]:
    """Yield the variables that scripts assign."""
    for text in texts:
        for match in re.finditer(_ASSIGNED, text.value) if "=" in text.value or "read" in text.value else ():
            yield match[1] or match[2]


def _is_for_one_ref(job: Map) -> bool:
    """Whether each way into the pipeline asks for a tag, or for a branch by its name."""
    only = job.get("only")
    if isinstance(only, list) and only:
        return all(one == "tags" or one in ("main", "master") for one in only)
    rules = [rule for rule, _ in items_of(job.get("rules")) if isinstance(rule, Map) and rule.get("when") != "never"]
    conditions = [str(rule.get("if", "")) for rule in rules]
    return bool(conditions) and all("||" not in said and re.search(_ONE_REF, said) for said in conditions)


def _with_defaults(job: Map, content: Map) -> dict[str, tuple[Any, Mark]]:
    """Return the keywords that rules look at: the job's own, else those of `default:`, else the global ones."""
    default = content.get("default")
    below = [default] if isinstance(default, Map) and not is_job_key("default", default) else []
    taken = _inherited(job, "default", dict.fromkeys(_DEFAULTS))
    found: dict[str, tuple[Any, Mark]] = {}
    for keyword in {*_SCRIPTS, *_DEFAULTS}:
        sources = [job, *(below if keyword in taken else []), *([content] if keyword in taken else [])]
        holder = next((source for source in sources if source.get(keyword) is not None), None)
        if holder is not None:
            found[keyword] = (holder[keyword], holder.values_at[keyword])
    return found


def _inherited(job: Map, part: str, offered: dict[str, Any]) -> dict[str, Any]:
    """Return what of `offered` the job takes, by its `inherit:`: all, nothing, or the listed names."""
    if job.get("inherit") is None:
        return offered
    from ci_kit.language.keywords.inherit import takes

    return {name: value for name, value in offered.items() if takes(job, name, part)}


def _image(own: Mapping[str, tuple[Any, Mark]]) -> Text | None:
    value, at = own.get("image", (None, NOWHERE))
    if isinstance(value, Map) and isinstance(value.get("name"), str):
        return Text(value["name"], value.values_at["name"])
    return Text(value, at) if isinstance(value, str) else None


def _services(own: Mapping[str, tuple[Any, Mark]]) -> Iterator[CiService]:
    value, _ = own.get("services", (None, NOWHERE))
    for one, at in items_of(value):
        if isinstance(one, str):
            yield CiService(Text(one, at), "", {}, ())
        elif isinstance(one, Map) and isinstance(one.get("name"), str):
            command = one.get("command")
            words = tuple(map(str, command)) if isinstance(command, list) else ()
            alias = str(one.get("alias") or "")
            yield CiService(Text(one["name"], one.values_at["name"]), alias, _variables(one), words)


def _variables(holder: Map) -> dict[str, Text]:
    said = holder.get("variables")
    if not isinstance(said, Map):
        return {}
    return {str(name): _variable(value, said.values_at[name]) for name, value in said.items()}


def _variable(value: Any, at: Mark) -> Text:
    if isinstance(value, Map):
        return Text(str(value.get("value", "")), value.values_at.get("value", at))
    return Text("" if value is None else str(value), at)


def _commands(own: Mapping[str, tuple[Any, Mark]], keyword: str) -> Iterator[Text]:
    value, at = own.get(keyword, (None, NOWHERE))
    if isinstance(value, str):
        yield Text(value, at)
    for one, mark in items_of(value):
        if isinstance(one, str):
            yield Text(one, mark)
