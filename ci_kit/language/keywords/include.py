"""include: as an entry, which GitLab checks only where no include was loaded and the key is still there.

Source: gitlab `lib/gitlab/ci/config/entry/include.rb`, `includes.rb`, `concerns/base_include.rb`.
"""

import re
from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, Path, is_blank, of_keys

_WHERE = ("local", "file", "remote", "project", "ref", "template", "component", "artifact", "job")
_KEYS = frozenset((*_WHERE, "integrity", "cache", "inputs", "rules"))
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def include(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with an `include:` of which nothing was loaded."""
    if value is None or isinstance(value, str):
        return
    if not isinstance(value, list):
        yield Fault(" config should be an array or a string", ("include",))
        return
    for number, one in enumerate(value):
        yield from _one(one, ("include", number))


def _one(value: Any, path: Path) -> Iterator[Fault]:
    where = ":include"
    if value is None or isinstance(value, str):
        return
    if not isinstance(value, dict):
        yield Fault(f"{where} config should be a hash or a string", path)
        return
    yield from of_keys(where, value, _KEYS, path)
    yield from (Fault(f"{where} config {words}", path) for words in _missing(value))


def _missing(value: dict[Any, Any]) -> Iterator[str]:
    if _is_given(value.get("project")) and is_blank(value.get("file")):
        yield "must specify the file where to fetch the config from"
    if _is_given(value.get("integrity")):
        yield from _integrity(value)
    if _is_given(value.get("artifact")) and is_blank(value.get("job")):
        yield "must specify the job where to fetch the artifact from"


def _integrity(value: dict[Any, Any]) -> Iterator[str]:
    integrity = value["integrity"]
    if is_blank(value.get("remote")):
        yield "integrity can only be specified for remote includes"
    if not isinstance(integrity, str) or not integrity.startswith("sha256-"):
        yield "integrity hash must start with 'sha256-'"
    elif not _BASE64.fullmatch(integrity.removeprefix("sha256-")):
        yield "integrity hash must be base64 encoded"


def _is_given(value: Any) -> bool:
    return value is not None and value is not False
