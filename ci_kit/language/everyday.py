"""Everyday forms that surely are right: for a file of these the JSON schema, slow to load, is not asked."""

from collections.abc import Callable
from typing import Any

from ci_kit.language.keywords import RESERVED

_WHEN = ("on_success", "on_failure", "always", "never", "manual")
_ACTIONS = ("start", "stop", "prepare", "verify", "access")
_REPORTS = ("junit", "dotenv", "annotations", "codequality")
_TAGS = 50
_Check = Callable[[Any], bool]


def is_everyday(content: dict[Any, Any]) -> bool:
    """Tell whether every keyword of every job has a form that GitLab takes for certain."""
    for name, value in content.items():
        if not isinstance(name, str):
            return False
        if name in RESERVED:
            if not _GLOBAL.get(name, _never)(value):
                return False
        elif not _is_job(value):
            return False
    return True


def _never(value: Any) -> bool:
    return False


def _is_job(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(_JOB.get(key, _never)(part) for key, part in value.items())


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_texts(value: Any) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(map(_is_text, value)) and len(set(value)) == len(value) < _TAGS
    )


def _is_script(value: Any) -> bool:
    return _is_text(value) or (isinstance(value, list) and bool(value) and all(map(_is_text, value)))


def _is_variables(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value)) and all(map(_is_scalar, value.values()))


def _one_of(*words: str) -> _Check:
    return lambda value: value in words


def _has(required: str = "", **parts: _Check) -> _Check:
    """Return a check for a map with some of `parts`, among them `required`."""

    def check(value: Any) -> bool:
        if not isinstance(value, dict) or not value or (required and required not in value):
            return False
        return all(key in parts and parts[key](part) for key, part in value.items())

    return check


def _each(check: _Check) -> _Check:
    return lambda value: isinstance(value, list) and bool(value) and all(map(check, value))


def _either(*checks: _Check) -> _Check:
    return lambda value: any(check(value) for check in checks)


_IMAGE = _either(_is_text, _has("name", name=_is_text))
_SERVICE = _either(_is_text, _has("name", name=_is_text, alias=_is_text, variables=_is_variables, command=_is_texts))
_RULE = _has(
    "",
    **{"if": _is_text},
    when=_one_of(*_WHEN),
    changes=_is_texts,
    exists=_is_texts,
    allow_failure=_is_flag,
    interruptible=_is_flag,
    variables=_is_variables,
)
_ARTIFACTS = _has(
    "",
    paths=_is_texts,
    exclude=_is_texts,
    name=_is_text,
    expire_in=lambda value: _is_text(value) and "$" not in value,
    when=_one_of("on_success", "on_failure", "always"),
    untracked=_is_flag,
    reports=_has("", **dict.fromkeys(_REPORTS, _either(_is_text, _is_texts))),
)
_NEED = _either(_is_text, _has("job", job=_is_text, artifacts=_is_flag, optional=_is_flag))
_JOB: dict[str, _Check] = {
    "after_script": _is_script,
    "allow_failure": _is_flag,
    "artifacts": _ARTIFACTS,
    "before_script": _is_script,
    "dependencies": _is_texts,
    "environment": _either(_is_text, _has("name", name=_is_text, action=_one_of(*_ACTIONS))),
    "extends": _either(_is_text, _is_texts),
    "image": _IMAGE,
    "interruptible": _is_flag,
    "needs": _each(_NEED),
    "rules": _each(_RULE),
    "script": _is_script,
    "services": _each(_SERVICE),
    "stage": _is_text,
    "tags": _is_texts,
    "variables": _is_variables,
    "when": _one_of("on_success", "on_failure", "always", "manual"),
}
_GLOBAL: dict[str, _Check] = {
    "stages": _is_texts,
    "variables": _is_variables,
    "include": _either(_is_text, _each(_either(_is_text, _has("local", local=_is_text, inputs=lambda value: True)))),
}
