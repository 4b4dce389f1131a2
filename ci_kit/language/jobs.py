"""The jobs of a pipeline as rules look at them: images, services, variables and commands, each with its place."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ci_kit.language.entries import is_job_key, job_names
from ci_kit.language.keywords.inherit import DEFAULTS
from ci_kit.source.value import NOWHERE, Map, Mark

_SCRIPTS = ("before_script", "script", "after_script")
_KEYWORDS = (*_SCRIPTS, "image", "services")


@dataclass(frozen=True, slots=True)
class Text:
    """A string of the pipeline, and where it stands."""

    value: str
    at: Mark


@dataclass(frozen=True, slots=True)
class CiService:
    """A service of a job; `variables` are its own, which the job does not see."""

    name: Text
    alias: str
    variables: Mapping[str, Text]
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CiJob:
    """A job with what it takes from `default:`, `extends:`, `!reference` and the global variables."""

    name: str
    at: Mark
    image: Text | None
    services: tuple[CiService, ...]
    variables: Mapping[str, Text]
    commands: tuple[Text, ...]


def jobs_of(content: Any) -> Iterator[CiJob]:
    """Yield the visible jobs of an expanded root; hidden ones count only where they are used."""
    if isinstance(content, Map):
        for name in job_names(content):
            yield _job(name, content)


def _job(name: Hashable, content: Map) -> CiJob:
    job: Map = content[name]
    own = _with_defaults(job, content)
    return CiJob(
        name=str(name),
        at=content.keys_at[name],
        image=_image(own),
        services=tuple(_services(own)),
        variables=_inherited_variables(job, content) | _variables(job),
        commands=tuple(text for keyword in _SCRIPTS for text in _commands(own, keyword)),
    )


def _with_defaults(job: Map, content: Map) -> dict[str, tuple[Any, Mark]]:
    """Return the keywords that rules look at: the job's own, else those of `default:`, else the global ones."""
    default = content.get("default")
    below = [default] if isinstance(default, Map) and not is_job_key("default", default) else []
    found: dict[str, tuple[Any, Mark]] = {}
    for keyword in _KEYWORDS:
        inherits = keyword in DEFAULTS and _lets_in(job, "default", keyword)
        sources = [job, *below, content] if inherits else [job]
        holder = next((source for source in sources if source.get(keyword) is not None), None)
        if holder is not None:
            found[keyword] = (holder[keyword], holder.values_at[keyword])
    return found


def _inherited_variables(job: Map, content: Map) -> dict[str, Text]:
    found = _variables(content)
    return (
        {name: text for name, text in found.items() if _lets_in(job, "variables", name)} if "inherit" in job else found
    )


def _lets_in(job: Map, kind: str, name: str) -> bool:
    """Tell whether `inherit:` lets a keyword or a variable through."""
    inherit = job.get("inherit")
    allowed = inherit.get(kind, True) if isinstance(inherit, Map) else True
    return name in allowed if isinstance(allowed, list) else allowed is not False


def _image(own: Mapping[str, tuple[Any, Mark]]) -> Text | None:
    value, at = own.get("image", (None, NOWHERE))
    if isinstance(value, Map) and isinstance(value.get("name"), str):
        return Text(value["name"], value.values_at["name"])
    return Text(value, at) if isinstance(value, str) else None


def _services(own: Mapping[str, tuple[Any, Mark]]) -> Iterator[CiService]:
    value, _ = own.get("services", (None, NOWHERE))
    for one, at in _flat(value):
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
    for one, mark in _flat(value):
        if isinstance(one, str):
            yield Text(one, mark)


def _flat(value: Any) -> Iterator[tuple[Any, Mark]]:
    """Yield the items of a list with their places, those of lists within it too."""
    if not isinstance(value, list):
        return
    for one, at in zip(value, getattr(value, "items_at", [NOWHERE] * len(value)), strict=False):
        if isinstance(one, list):
            yield from _flat(one)
        else:
            yield one, at
