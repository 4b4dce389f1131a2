"""The rules for tags: `type=semver,pattern={{major}}.{{minor}},enable=$CI_COMMIT_TAG`.

The words are those of docker/metadata-action, the events are GitLab's. docs/tags.md describes every key.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ci_kit.build.tagging import rule_fields
from ci_kit.build.tagging.rule_fields import BARE, Fields
from ci_kit.build.tagging.template import Template
from ci_kit.config.settings import Placed
from ci_kit.model.nearest import nearest

GLOBAL = (
    "branch", "tag", "sha", "short_sha", "mr", "base_ref", "is_default_branch", "is_not_default_branch"
)  # fmt: skip
OF_VERSION = ("version", "raw", "major", "minor", "patch")
CONDITIONS = ("is_default_branch", "is_not_default_branch")
VERSION_TYPES = ("semver", "pep440")

_ANY = ("type", "enable", "priority", "prefix", "suffix")
_FLAVOR = ("latest", "prefix", "suffix", "onlatest")
_BRACES = re.compile(r"\{\{\s*(\w+)\s*\}\}", re.ASCII)
_PRIORITY = re.compile(r"-?[0-9]{1,9}", re.ASCII)
# Words of metadata-action that have another name here.
_RENAMED = {"ref": "write type=branch, type=tag or type=mr", "edge": "write type=raw,value=edge with enable="}


class _Type(NamedTuple):
    """What a type of rule takes: its priority, and its own keys with their defaults; None must be given."""

    priority: int
    keys: dict[str, str | None]
    prefix: str = ""


TYPES = {
    "schedule": _Type(1000, {"pattern": "nightly"}),
    "semver": _Type(900, {"pattern": "{{version}}", "value": "", "match": ""}),
    "pep440": _Type(900, {"pattern": "{{version}}", "value": "", "match": ""}),
    "match": _Type(800, {"pattern": None, "group": "0", "value": ""}),
    "branch": _Type(600, {}),
    "tag": _Type(600, {}),
    "mr": _Type(600, {}, prefix="mr-"),
    "content": _Type(300, {}, prefix="content-"),
    "raw": _Type(200, {"value": None}),
    "sha": _Type(100, {"format": "long"}),
}


class TagRule(NamedTuple):
    """One rule; `prefix` and `suffix` are None where it says nothing of them, `enable` is a word or an expression.

    `pattern` is what is written (versions and schedules), `match` what is searched in the git tag or `value`.
    """

    type: str
    text: str
    place: str
    enable: str
    priority: int
    prefix: Template | None
    suffix: Template | None
    pattern: Template
    value: Template
    match: re.Pattern[str] | None
    group: str
    is_long: bool


class Flavor(NamedTuple):
    """What holds for all rules: whether there is a `latest`, and what stands around every tag."""

    latest: str = "auto"
    prefix: Template = ()
    suffix: Template = ()
    prefixes_latest: bool = False
    suffixes_latest: bool = False


class TagRules(NamedTuple):
    """The rules of an image by falling priority; those of the same priority in the order they are written."""

    rules: tuple[TagRule, ...]
    flavor: Flavor


def parse(lines: Sequence[Placed]) -> TagRules:
    """Return the rules; empty lines and those that begin with `#` say nothing. UsageError: rule, column and key."""
    rules: list[TagRule] = []
    flavor = Flavor()
    for text, place in lines:
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        fields = rule_fields.split(text, place)
        if "type" not in fields.by_key and next(iter(fields.by_key), "") in _FLAVOR:
            flavor = _flavored(fields, flavor)
        else:
            rules.append(_rule(fields))
    return TagRules(tuple(sorted(rules, key=lambda rule: -rule.priority)), flavor)


def _rule(fields: Fields) -> TagRule:
    name = _type(fields)
    kind = TYPES[name]
    fields = _bare_as_value(fields, name)
    _require_known(fields, (*_ANY, *kind.keys), f"type={name}")
    _require_all(fields, kind)
    fields = _with_defaults(fields, kind)
    return TagRule(
        type=name,
        text=fields.text,
        place=fields.place,
        enable=_enable(fields),
        priority=_priority(fields, kind),
        prefix=_around(fields, "prefix", kind.prefix),
        suffix=_around(fields, "suffix", ""),
        pattern=() if name == "match" else fields.template("pattern", _known(name)),
        value=fields.template("value", GLOBAL),
        match=_match(fields, name),
        group=_group(fields, name),
        is_long=_is_long(fields),
    )


def _type(fields: Fields) -> str:
    """Return the type; a value alone is `raw`."""
    if "type" not in fields.by_key and BARE in fields.by_key:
        return "raw"
    if "type" not in fields.by_key:
        raise fields.wrong("", "type is missing", f"begin with type= and one of {', '.join(TYPES)}")
    name = fields.value("type")
    if name not in TYPES:
        meant = nearest(name, TYPES)
        hint = f"did you mean {meant!r}?" if meant else f"known: {', '.join(TYPES)}"
        raise fields.wrong("type", f"there is no type {name!r}", _RENAMED.get(name, hint))
    return name


def _bare_as_value(fields: Fields, name: str) -> Fields:
    """Return `type=raw,foo` as `type=raw,value=foo`; no other type takes a value without a key."""
    if BARE not in fields.by_key:
        return fields
    bare = fields.by_key[BARE]
    if name != "raw" or "value" in fields.by_key:
        hint = 'a comma in a value? put the field in quotes: "key=a,b"'
        raise fields.wrong(BARE, f"{bare.value!r} is not key=value", hint)
    kept = {key: field for key, field in fields.by_key.items() if key != BARE}
    return Fields(fields.text, fields.place, {**kept, "value": bare})


def _require_known(fields: Fields, known: tuple[str, ...], what: str) -> None:
    for key in fields.by_key:
        if key not in known:
            meant = nearest(key, known)
            hint = f"did you mean {meant!r}?" if meant else f"known: {', '.join(known)}"
            raise fields.wrong(key, f"is no key of {what}", hint)


def _require_all(fields: Fields, kind: _Type) -> None:
    for key, default in kind.keys.items():
        if default is None and not fields.value(key):
            raise fields.wrong("type", f"{key} is missing", f"add {key}=")


def _with_defaults(fields: Fields, kind: _Type) -> Fields:
    """Return the fields with the defaults of those that say nothing."""
    missing = {key: text for key, text in kind.keys.items() if text and not fields.value(key)}
    added = {key: rule_fields.Field(text, 1) for key, text in missing.items()}
    return Fields(fields.text, fields.place, {**fields.by_key, **added})


def _known(name: str) -> tuple[str, ...]:
    return (*OF_VERSION, *GLOBAL) if name in VERSION_TYPES else GLOBAL


def _around(fields: Fields, key: str, default: str) -> Template | None:
    """Return prefix or suffix; an empty one that is written keeps that of all rules away."""
    if key in fields.by_key:
        return fields.template(key, GLOBAL)
    return (default,) if default else None


def _enable(fields: Fields) -> str:
    """Return `true`, `false`, one of CONDITIONS, or an expression as in `rules: if`."""
    text = fields.value("enable", "true")
    braced = _BRACES.fullmatch(text)
    if braced and braced[1] in CONDITIONS:
        return braced[1]
    if text in ("true", "false") or ("{{" not in text and _is_expression(text)):
        return text
    names = " or ".join(f"{{{{{name}}}}}" for name in CONDITIONS)
    hint = f'write true, false, {names}, or an expression as in rules: $CI_COMMIT_BRANCH == "main"'
    raise fields.wrong("enable", f"{text!r} is no condition", hint)


def _is_expression(text: str) -> bool:
    from ci_kit.language import expression  # few rules have one

    return expression.is_expression(text)


def _priority(fields: Fields, kind: _Type) -> int:
    text = fields.value("priority") or str(kind.priority)
    if not _PRIORITY.fullmatch(text):
        raise fields.wrong("priority", f"{text!r} is no number", f"the default is {kind.priority}")
    return int(text)


def _match(fields: Fields, name: str) -> re.Pattern[str] | None:
    key = "pattern" if name == "match" else "match"
    return fields.pattern(key) if fields.value(key) and name in (*VERSION_TYPES, "match") else None


def _group(fields: Fields, name: str) -> str:
    """Return which group of the pattern is meant, by number or name; it must be in the pattern."""
    if name != "match":
        return ""
    group, pattern = fields.value("group"), fields.pattern("pattern")
    numbered = group.isdecimal() and group.isascii() and len(group) < 4 and int(group) <= pattern.groups
    if not numbered and group not in pattern.groupindex:
        known = ", ".join([*map(str, range(pattern.groups + 1)), *pattern.groupindex])
        raise fields.wrong("group", f"the pattern has no group {group!r}", f"it has {known}")
    return group


def _is_long(fields: Fields) -> bool:
    form = fields.value("format", "long")
    if form not in ("long", "short"):
        raise fields.wrong("format", f"{form!r} is neither long nor short", "long is the whole SHA, short its begin")
    return form == "long"


def _flavored(fields: Fields, flavor: Flavor) -> Flavor:
    """Return the flavor with what a line like `prefix=alpine-,onlatest=true` says."""
    _require_known(fields, _FLAVOR, "a line for all tags")
    said = fields.by_key
    on_latest = _one_of(fields, "onlatest", ("false", "true")) == "true"
    return Flavor(
        latest=_one_of(fields, "latest", ("auto", "true", "false")) if "latest" in said else flavor.latest,
        prefix=fields.template("prefix", GLOBAL) if "prefix" in said else flavor.prefix,
        suffix=fields.template("suffix", GLOBAL) if "suffix" in said else flavor.suffix,
        prefixes_latest=on_latest if "prefix" in said else flavor.prefixes_latest,
        suffixes_latest=on_latest if "suffix" in said else flavor.suffixes_latest,
    )


def _one_of(fields: Fields, key: str, words: tuple[str, ...]) -> str:
    word = fields.value(key, words[0])
    if word not in words:
        raise fields.wrong(key, f"{word!r} is none of {', '.join(words)}", f"the default is {words[0]}")
    return word
