"""One `include:` entry: from what the user wrote to the one kind and value by which GitLab looks for a file.

Source: gitlab `lib/gitlab/ci/config/external/mapper` (normalizer, variables_expander, matcher).
"""

import re
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from ci_kit.language import ruby
from ci_kit.language.expansion import expanded
from ci_kit.language.fault import is_blank
from ci_kit.language.problem import Problem
from ci_kit.language.ruby import text as shown
from ci_kit.language.scope import Scope
from ci_kit.language.unknown import Unknown
from ci_kit.source.value import BadReference, Map, Mark, Symbol

KINDS = ("local", "project", "remote", "template", "artifact", "component")
_LOOKED_AT = (*KINDS, "file", "ref")
_URL = re.compile(r"\s*(?:https?|ssh)://[^\s/?#<>\\]+(?::\d*)?(?:[/?#].*)?\s*|\s*git:[^\s].*", re.S)
_EXTENSION = re.compile(r".+\.(?:yml|yaml)$", re.I | re.M)
_OWN = re.compile(r"[^@/]+/\$\{?CI_PROJECT_PATH\}?/([^@/$]+)@\$\{?CI_COMMIT_(?:SHA|REF_NAME|BRANCH|TAG)\}?")
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Location(NamedTuple):
    """An include as a hash with its variables replaced; `at` is where it stands.

    `open` says what of it is not known here: the names of variables, or that an input has the say. `maybe`: nobody can
    tell whether its rules hold, so that it is read, but need not be there. `component` is the name of a component that
    this very project has at this very commit, as its own pipelines try it.
    """

    said: Map
    at: Mark
    open: tuple[str, ...] = ()
    maybe: bool = False
    component: str = ""


class Kind(NamedTuple):
    """The one key that counts, and where its value stands."""

    name: str
    value: Any
    at: Mark


def normalized(said: Any, at: Mark, scope: Scope, own: Collection[object]) -> Location | None:
    """Return the include as a hash, None when it is neither that nor a string; `own` are the file's own variables."""
    if isinstance(said, Map):
        return Location(said, at)
    if not isinstance(said, str) or isinstance(said, BadReference):
        return None
    made = expanded(said, scope, own)
    hidden = ("an input",) if isinstance(said, Unknown) else made.open
    kind = "remote" if is_url(made.text) else "local"
    return Location(_with(Map(at), kind, made.text, at), at, hidden)


def with_value(location: Location, key: str, value: str, at: Mark) -> Location:
    """Return the location with one value replaced."""
    return location._replace(said=_with(_copy(location.said), key, value, at))


def with_variables(location: Location, scope: Scope, own_names: Collection[object]) -> Location:
    """Return the location with the variables of all its values replaced, and those of its lists."""
    made, hidden = _copy(location.said), list(location.open)
    for key, value in location.said.items():
        texts = value if isinstance(value, list) else [value] if isinstance(value, str) else ()
        parts = [expanded(shown(one), scope, own_names) for one in texts]
        if key in _LOOKED_AT:
            hidden += [name for part in parts for name in part.open]
            hidden += ["an input"] * any(isinstance(one, Unknown) for one in texts)
        if isinstance(value, list):
            made[key] = _list(value, [part.text for part in parts])
        elif isinstance(value, str):
            made[key] = parts[0].text
    own = _OWN.fullmatch(str(location.said.get("component")))
    return location._replace(said=made, open=tuple(dict.fromkeys(hidden)), component=own[1] if own else "")


def kind_of(location: Location, kinds: Sequence[str] = KINDS, what: str = "include") -> Kind | Problem:
    """Return the kind of the include; the problem when it is none of `kinds`, or more than one."""
    listed = ", ".join(f"`{kind}`" for kind in kinds)
    found = [kind for kind in kinds if not is_blank(_value(location.said, kind))]
    found = [kind for kind in found if kind != "project" or not is_blank(_first(location.said.get("project")))]
    if len(found) > 1:
        return Problem(f"Each include must use only one of: {listed}", location.at)
    if not found:
        words = f"does not have a valid subkey for {what}. Valid subkeys are: {listed}"
        return Problem(f"`{_as_json(location.said)}` {words}", location.at)
    key = "file" if found[0] == "project" else found[0]
    value = _value(location.said, found[0])
    return Kind(found[0], value, location.said.values_at[key])


def project_name(location: Location) -> str:
    """Return the path of the project as GitLab looks for it."""
    return str(_first(location.said["project"])).lower()


def is_url(text: str) -> bool:
    """Tell whether GitLab takes the text as an address: http, https, ssh or git."""
    return _URL.fullmatch(text) is not None


def has_extension(text: str) -> bool:
    """Tell whether the last part of a path ends as YAML does."""
    return _EXTENSION.search(text.rstrip("/").rpartition("/")[2]) is not None


def _value(said: Map, kind: str) -> Any:
    """Return the value by which a file of this kind is looked for: without leading slashes where it is a path."""
    value = said.get("file" if kind == "project" else kind)
    if kind in ("local", "project") and value is not None:
        return ruby.text(value).lstrip("/")
    return value


def _first(value: Any) -> Any:
    return (value[0] if value else None) if isinstance(value, list) else value


def _copy(said: Map) -> Map:
    made = Map(said.at)
    made.update(said)
    made.keys_at.update(said.keys_at)
    made.values_at.update(said.values_at)
    return made


def _with(into: Map, key: str, value: Any, at: Mark) -> Map:
    into[key], into.values_at[key] = value, at
    into.keys_at.setdefault(key, at)
    return into


def _list(old: Any, items: list[str]) -> Any:
    made = type(old)(old.at)
    made.extend(items)
    made.items_at.extend(old.items_at)
    return made


def _as_json(said: Map) -> str:
    import json

    text = json.dumps(_plain(said), ensure_ascii=False, separators=(",", ":"))
    return "".join(_HTML.get(letter, letter) for letter in text)


def _plain(value: Any) -> Any:
    if isinstance(value, Symbol):
        return value.name
    if isinstance(value, dict):
        return {shown(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float) and value not in (float("inf"), float("-inf")) and value == value:
        return value
    return value if value is None or isinstance(value, str | bool | int) else None
