"""cache."""

import re
from collections.abc import Iterator
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.fault import (
    Fault,
    Path,
    composed,
    is_blank,
    is_text,
    is_texts,
    of_hash,
    of_keys,
    of_strings,
    of_word,
    size,
    suggestion,
)
from ci_kit.language.items import located

_KEYS = frozenset(("key", "untracked", "paths", "when", "policy", "unprotect", "fallback_keys"))
_WHEN = ("on_success", "on_failure", "always")
_POLICIES = ("pull-push", "push", "pull")
_POLICY = re.compile(r"push|pull|\$")  # GitLab searches for the words and does not compare: pull-only passes
_CACHES = 4
_FALLBACKS = 5
_FILES = 2
_OF_FILES = ("files", "files_commits")


def cache(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `cache:`."""
    if value is None:
        return
    if isinstance(value, dict):
        yield from _one(value, ("cache",))
    elif not isinstance(value, list):
        yield Fault(":caches config can only be a hash or an array", ("cache",))
    elif len(value) > _CACHES:
        yield Fault(f":caches config no more than {_CACHES} caches can be created", ("cache", _CACHES))
    else:
        for one, path in located(value, ("cache",)):
            yield from _one(one, path) if one is not None else ()


def _one(value: Any, path: Path) -> Iterator[Fault]:
    yield from composed(_own(value, path), _inside(value, path))


def _inside(value: dict[Any, Any], path: Path) -> Iterator[Fault]:
    if "key" in value:
        yield from _key(value["key"], (*path, "key"))
    for name in ("unprotect", "untracked"):
        if value.get(name) is not None and not isinstance(value[name], bool):
            yield Fault(f":cache:{name} config should be a boolean value", (*path, name))
    for name in ("paths", "fallback_keys"):
        if value.get(name) is not None and not is_texts(value[name]):
            yield Fault(f":cache:{name} config should be an array of strings", (*path, name))


def _own(value: Any, path: Path) -> Iterator[Fault]:
    where = ":cache"
    if not isinstance(value, dict):
        yield from of_hash(where, value, path)
        yield from of_hash(where, value, path)  # GitLab asks twice
        return
    yield from of_keys(where, value, _KEYS, path)
    if not is_blank(value.get("policy")):
        yield from of_strings(where, value, ("policy",), path)
        yield from _policy(value["policy"], (*path, "policy"))
    if "when" in value:
        yield from of_word(where, value, "when", _WHEN, path)
    if value.get("fallback_keys") is not None and size(value["fallback_keys"]) > _FALLBACKS:
        yield Fault(f"{where} fallback keys has to many entries (maximum {_FALLBACKS})", (*path, "fallback_keys"))


def _policy(value: Any, path: Path) -> Iterator[Fault]:
    if not _POLICY.search(ruby.text(value)):
        near = suggestion(ruby.text(value), _POLICIES)
        text = f":cache policy should be a variable or one of: {', '.join(_POLICIES)}"
        yield Fault(text, path, suggestion=near)


def _key(value: Any, path: Path) -> Iterator[Fault]:
    if isinstance(value, dict):
        files = (_files(name, value.get(name), (*path, name)) for name in _OF_FILES)
        yield from composed(_key_of_files(value, path), *files, _prefix(value.get("prefix"), (*path, "prefix")))
    elif is_text(value):
        yield from _key_text(":cache:key config", value, path)
    elif value is not None:
        yield Fault(":cache:key should be a hash, a string or a symbol", path, raw=True)


def _key_of_files(value: dict[Any, Any], path: Path) -> Iterator[Fault]:
    yield from of_keys(":cache:key", value, (*_OF_FILES, "prefix"), path)
    given = [name for name in _OF_FILES if name in value]
    if len(given) != 1:
        text = f":cache:key config must use exactly one of these keys: {', '.join(_OF_FILES)}"
        yield Fault(text, path, curable=not given)


def _files(name: str, value: Any, path: Path) -> Iterator[Fault]:
    where = f":cache:key:{name} config"
    if value is None:
        return
    if not is_texts(value):
        yield Fault(f"{where} should be an array of strings", path)
    if size(value) < 1:
        yield Fault(f"{where} requires at least 1 item", path)
    if size(value) > _FILES:
        yield Fault(f"{where} has too many items (maximum is {_FILES})", path)


def _prefix(value: Any, path: Path) -> Iterator[Fault]:
    if is_text(value):
        yield from _key_text(":cache:key:prefix config", value, path)
    elif value is not None:
        yield Fault(":cache:key:prefix config should be a string or symbol", path)


def _key_text(where: str, value: Any, path: Path) -> Iterator[Fault]:
    text = str(value)
    if "%" in text:  # GitLab unescapes it first
        text = re.sub("%2f", "/", re.sub("%2e", ".", text, flags=re.I), flags=re.I)
    if "/" in text:
        yield Fault(f'{where} cannot contain the "/" character', path)
    elif text in (".", ".."):
        yield Fault(f'{where} cannot be "." or ".."', path)
