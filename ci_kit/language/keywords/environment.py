"""environment."""

import re
from collections.abc import Iterator
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.fault import (
    Fault,
    Path,
    composed,
    is_among,
    is_blank,
    of_keys,
    of_presence,
    of_strings,
    size,
    suggestion,
)

_KEYS = ("name", "url", "action", "on_stop", "auto_stop_in", "kubernetes", "deployment_tier")
_ACTIONS = ("start", "stop", "prepare", "verify", "access")
_NAME = re.compile(r"[\w\-${}. ]([\w\-/${}. ]*[\w\-${}. ])?", re.A)
_NAME_WORDS = (
    "name can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, "
    "but it cannot start or end with '/'"
)
_URL = 255  # characters
_WHERE, _PATH = ":environment", ("environment",)


def environment(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `environment:`."""
    if value is not None:
        yield from composed(_own(value), _inside(value))


def _inside(value: Any) -> Iterator[Fault]:
    if isinstance(value, dict) and value.get("kubernetes") is not None:
        from ci_kit.language.keywords.kubernetes import kubernetes

        yield from kubernetes(value["kubernetes"], (*_PATH, "kubernetes"))


def _own(value: Any) -> Iterator[Fault]:
    if not isinstance(value, dict | str):
        yield Fault(f"{_WHERE} config should be a hash or a string", _PATH)
    about: dict[Any, Any] = value if isinstance(value, dict) else {"name": value} if isinstance(value, str) else {}
    path: Path = (*_PATH, "name") if isinstance(value, dict) else _PATH
    for fault in _of_name(about):
        yield fault._replace(path=path, curable=isinstance(value, dict) and "name" not in value)
    yield from _of_mapping(value) if isinstance(value, dict) else ()


def _of_name(about: dict[Any, Any]) -> Iterator[Fault]:
    """Yield the faults of the name; GitLab asks for a string, and for what its text is made of, with one sentence."""
    name = about.get("name")
    yield from of_presence(_WHERE, about, "name", ())
    if not isinstance(name, str):
        yield Fault(f"{_WHERE} {_NAME_WORDS}")
    if not _NAME.fullmatch(ruby.text(name)):
        yield Fault(f"{_WHERE} {_NAME_WORDS}")


def _of_mapping(value: dict[Any, Any]) -> Iterator[Fault]:
    yield from of_keys(_WHERE, value, _KEYS, _PATH)
    yield from of_strings(_WHERE, value, ("url",), _PATH)
    if size(value.get("url") or "") > _URL:
        yield Fault(f"{_WHERE} url is too long (maximum is {_URL} characters)", (*_PATH, "url"))
    yield from _of_action(value)
    yield from of_strings(_WHERE, value, ("deployment_tier", "on_stop"), _PATH)
    if value.get("kubernetes") is not None and not isinstance(value["kubernetes"], dict):
        yield Fault(f"{_WHERE} kubernetes should be a hash", (*_PATH, "kubernetes"))
    yield from of_strings(_WHERE, value, ("auto_stop_in",), _PATH)


def _of_action(value: dict[Any, Any]) -> Iterator[Fault]:
    action = value.get("action")
    if action is None or action is False:  # then GitLab starts it
        return
    yield from of_strings(_WHERE, value, ("action",), _PATH)
    if not is_among(action, _ACTIONS):
        near = suggestion(ruby.text(action), _ACTIONS)
        text = f"{_WHERE} action should be start, stop, prepare, verify, or access"
        yield Fault(text, (*_PATH, "action"), suggestion="" if is_blank(action) else near)
