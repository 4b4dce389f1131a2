"""cache."""

import re
from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, Path, flattened, is_text, is_texts, of_keys

_KEYS = frozenset({"key", "untracked", "paths", "when", "policy", "unprotect", "fallback_keys"})
_WHEN = ("on_success", "on_failure", "always")
_POLICIES = ("pull-push", "push", "pull")
_CACHES = 4
_FALLBACKS = 5
_FILES = 2


def cache(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `cache:`."""
    if value is None:
        return
    if isinstance(value, list):
        yield from _list(value)
    elif isinstance(value, dict):
        yield from _one(value, ("cache",))
    else:
        yield Fault(":caches config can only be a hash or an array", ("cache",))


def _list(value: list[Any]) -> Iterator[Fault]:
    if len(list(flattened(value))) > _CACHES:
        yield Fault(f":caches config no more than {_CACHES} caches can be created", ("cache",))
        return
    for number, item in enumerate(value):
        for one in flattened([item]):
            if isinstance(one, dict):
                yield from _one(one, ("cache", number))
            elif one is not None:
                yield Fault(":cache config should be a hash", ("cache", number))


def _one(value: dict[Any, Any], path: Path) -> Iterator[Fault]:
    unknown = list(of_keys(":cache", value, _KEYS, path))
    if unknown:
        yield from unknown
        return
    for name in ("paths", "fallback_keys"):
        if value.get(name) is not None and not is_texts(value[name]):
            yield Fault(f":cache:{name} config should be an array of strings", (*path, name))
    for name in ("untracked", "unprotect"):
        if value.get(name) is not None and not isinstance(value[name], bool):
            yield Fault(f":cache:{name} config should be a boolean value", (*path, name))
    if is_texts(value.get("fallback_keys")) and len(value["fallback_keys"]) > _FALLBACKS:
        words = f":cache fallback keys has to many entries (maximum {_FALLBACKS})"
        yield Fault(words, (*path, "fallback_keys"))
    if value.get("when") is not None and value["when"] not in _WHEN:
        yield Fault(f":cache when should be one of: {', '.join(_WHEN)}", (*path, "when"))
    yield from _policy(value.get("policy"), (*path, "policy"))
    yield from _key(value.get("key"), (*path, "key"))


def _policy(value: Any, path: Path) -> Iterator[Fault]:
    if value is None:
        return
    if not isinstance(value, str):
        yield Fault(":cache policy should be a string", path)
    # GitLab searches for the words and does not compare: pull-only passes.
    elif not any(word in value for word in ("pull", "push")) and "$" not in value[:-1]:
        yield Fault(f":cache policy should be a variable or one of: {', '.join(_POLICIES)}", path)


def _key(value: Any, path: Path) -> Iterator[Fault]:
    if value is None:
        return
    if isinstance(value, dict):
        yield from _key_of_files(value, path)
    elif not is_text(value):
        yield Fault(":cache:key should be a hash, a string or a symbol", path)
    else:
        yield from _key_text(":cache:key config", str(value), path)


def _key_of_files(value: dict[Any, Any], path: Path) -> Iterator[Fault]:
    yield from of_keys(":cache:key", value, ("files", "files_commits", "prefix"), path)
    given = [name for name in ("files", "files_commits") if name in value]
    if len(given) != 1:
        yield Fault(":cache:key config must use exactly one of these keys: files, files_commits", path)
    for name in given:
        yield from _files(f":cache:key:{name} config", value[name], (*path, name))
    prefix = value.get("prefix")
    if prefix is not None and not is_text(prefix):
        yield Fault(":cache:key:prefix config should be a string or symbol", (*path, "prefix"))
    elif prefix is not None:
        yield from _key_text(":cache:key:prefix config", str(prefix), (*path, "prefix"))


def _files(where: str, value: Any, path: Path) -> Iterator[Fault]:
    if not is_texts(value):
        yield Fault(f"{where} should be an array of strings", path)
    elif not value:
        yield Fault(f"{where} requires at least 1 item", path)
    elif len(value) > _FILES:
        yield Fault(f"{where} has too many items (maximum is {_FILES})", path)


def _key_text(where: str, value: str, path: Path) -> Iterator[Fault]:
    text = re.sub("%2f", "/", re.sub("%2e", ".", value, flags=re.I), flags=re.I)  # GitLab unescapes it first
    if "/" in text:
        yield Fault(f'{where} cannot contain the "/" character', path)
    if text in (".", ".."):
        yield Fault(f'{where} cannot be "." or ".."', path)
