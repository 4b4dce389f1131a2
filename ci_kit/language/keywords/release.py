"""release."""

import re
from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import (
    Fault,
    Path,
    composed,
    crash,
    is_blank,
    is_text,
    of_hash,
    of_keys,
    of_presence,
    of_string,
    of_strings,
    of_texts,
)

_KEYS = ("tag_name", "tag_message", "name", "description", "ref", "released_at", "milestones", "assets")
# What git does not take as the name of a branch: source git "check-ref-format".
_NO_REF = re.compile(
    r"\A(?:-|HEAD\Z|refs/heads/|refs/remotes/)|(?:\A|/)\.|\.\.|@\{|(?:\A|/)/|[\x00-\x20~^:?*\[\\\x7f]|[./]\Z|"
    r"\.lock(?:/|\Z)|\A\Z"
)
_WHERE, _PATH = ":release", ("release",)


def release(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `release:`; on anything but a mapping GitLab's own check breaks off."""
    if value is None:
        return
    if not isinstance(value, dict):
        yield crash("TypeError: `release` has to be a mapping", _PATH)
        return
    yield from composed(_own(value), _assets(value.get("assets"), (*_PATH, "assets")))


def _own(value: dict[Any, Any]) -> Iterator[Fault]:
    yield from of_keys(_WHERE, value, _KEYS, _PATH)
    for name in ("tag_name", "tag_message", "description"):
        if name != "tag_message":
            yield from of_string(_WHERE, value, name, _PATH)
            yield from of_presence(_WHERE, value, name, _PATH)
        elif not is_blank(value.get(name)):
            yield from of_strings(_WHERE, value, (name,), _PATH)
    yield from of_texts(_WHERE, value, ("milestones",), _PATH) if not is_blank(value.get("milestones")) else ()
    yield from _released_at(value.get("released_at"), (*_PATH, "released_at"))
    yield from _ref(value.get("ref"), (*_PATH, "ref"))


def _released_at(value: Any, path: Path) -> Iterator[Fault]:
    if value is None or value is False:
        return
    if not isinstance(value, str):
        yield crash("TypeError: `released_at` has to be a string", path)
    else:
        from ci_kit.language.moment import is_moment

        if not is_moment(value):
            yield Fault(f"{_WHERE} released at must be a valid datetime", path)


def _ref(value: Any, path: Path) -> Iterator[Fault]:
    if value is None or value is False:
        return
    if not is_text(value):
        yield crash("NoMethodError: `ref` has to be a string", path)
    elif _NO_REF.search(str(value)):
        yield Fault(f"{_WHERE} ref must be a valid ref", path)


def _assets(value: Any, path: Path) -> Iterator[Fault]:
    where = ":release:assets"
    if value is None:
        return
    yield from of_hash(where, value, path)
    yield from of_keys(where, value, ("links",), path)
    links = value.get("links") if isinstance(value, dict) else None
    if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
        yield Fault(f"{where} links should be an array of hashes", (*path, "links"), curable=value == {})
    if is_blank(links):
        yield Fault(f"{where} links can't be blank", (*path, "links"), curable=value == {})
