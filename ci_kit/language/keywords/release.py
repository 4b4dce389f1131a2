"""release."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ci_kit.language.fault import Fault, is_blank, is_text, is_texts, of_keys, of_strings, spoken

_KEYS = frozenset(("tag_name", "tag_message", "name", "description", "ref", "released_at", "milestones", "assets"))
_REF = re.compile(
    r"(?!(?:-|HEAD$|refs/heads/|refs/remotes/|/))(?!.*(?:\.\.|@\{|//|[\x00-\x20~^:?*\[\\\x7f]))[^\n]*(?<![./])"
)


def release(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `release:`."""
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(":release config should be a hash", ("release",))
        return
    unknown = list(of_keys(":release", value, _KEYS, ("release",)))
    yield from unknown or _parts(value)


def _parts(value: dict[Any, Any]) -> Iterator[Fault]:
    for name in ("tag_name", "description"):
        if not isinstance(value.get(name), str):
            yield Fault(f":release {spoken(name)} should be a string", ("release", name))
        if is_blank(value.get(name)):
            yield Fault(f":release {spoken(name)} can't be blank", ("release", name))
    yield from of_strings(":release", value, ("tag_message",), ("release",))
    if value.get("released_at") is not None and not _is_time(value["released_at"]):
        yield Fault(":release released at must be a valid datetime", ("release", "released_at"))
    if value.get("ref") is not None and not (isinstance(value["ref"], str) and _REF.fullmatch(value["ref"])):
        yield Fault(":release ref must be a valid ref", ("release", "ref"))
    milestones = value.get("milestones")
    if milestones is not None and not is_text(milestones) and not is_texts(milestones):
        yield Fault(":release milestones should be an array of strings or a string", ("release", "milestones"))
    yield from _assets(value.get("assets"))


def _is_time(value: Any) -> bool:
    """Tell whether Ruby may read the value as a time; it takes more spellings than we know."""
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return re.search(r"\d", str(value)) is not None
    return True


def _assets(value: Any) -> Iterator[Fault]:
    path = ("release", "assets")
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(":release:assets config should be a hash", path)
        return
    unknown = list(of_keys(":release:assets", value, ("links",), path))
    yield from unknown
    links = value.get("links")
    if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
        yield Fault(":release:assets links should be an array of hashes", (*path, "links"))
    if is_blank(links):
        yield Fault(":release:assets links can't be blank", (*path, "links"))
