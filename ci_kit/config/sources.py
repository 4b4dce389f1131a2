"""What flags and variables say, as the same named values that the file gives."""

import re
from collections.abc import Mapping

from ci_kit.config.option import Option
from ci_kit.config.options import OPTIONS
from ci_kit.config.said import Said
from ci_kit.errors import UsageError

Values = dict[tuple[str, str], Said]  # (section, key) -> what was said

_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")


def of_flags(flags: Mapping[str, object]) -> Values:
    """Return what the flags say; a flag that was not given is None or absent. UsageError: not `KEY=value`."""
    found: Values = {}
    for option in OPTIONS:
        value = flags.get(option.key) if option.flags else None
        if value is not None:
            found[option.section, option.key] = Said(_parsed(option, value, option.flags[0]), option.flags[0])
    return found


def of_variables(environ: Mapping[str, str]) -> Values:
    """Return what `CI_KIT_…` variables say; an empty one says nothing. UsageError: a word that is not true or false."""
    found: Values = {}
    for option in OPTIONS:
        text = environ.get(option.variable, "") if option.variable else ""
        if text:
            found[option.section, option.key] = Said(_parsed(option, text, option.variable), option.variable)
    return found


def of_gitlab(environ: Mapping[str, str]) -> Values:
    """Return what GitLab's own variables say, for options that fall back to them."""
    found: Values = {}
    for option in OPTIONS:
        for name in option.fallbacks:
            if environ.get(name):
                found.setdefault((option.section, option.key), Said(environ[name], name))
    return found


def _parsed(option: Option, value: object, place: str) -> object:
    """Return the value in the type of the option: words become booleans, lines become lists and maps."""
    if option.kind in ("lines", "map", "lists"):
        lines = [line for text in _texts(value) for line in text.splitlines() if line.strip()]
        pairs = {} if option.kind == "lines" else dict(_pair(line, option, place) for line in lines)
        return {"lines": lines, "map": pairs, "lists": {key: _words(text) for key, text in pairs.items()}}[option.kind]
    if option.kind == "boolean" and isinstance(value, str):
        return _boolean(value, place)
    if option.kind == "texts":
        return [word for text in _texts(value) for word in text.split(",")]
    return value


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list | tuple) else [str(value)]


def _pair(line: str, option: Option, place: str) -> tuple[str, str]:
    key, equals, value = line.strip("\r").partition("=")
    if not equals or not re.fullmatch(option.pattern, key.strip(), re.ASCII):
        # The line is not repeated whole: without `=` it may be a secret that lost its name.
        raise UsageError(f"{key.strip()[:20]!r} is not KEY=value", place=place, hint="one KEY=value each")
    return key.strip(), value


def _boolean(text: str, place: str) -> bool:
    word = text.strip().lower()
    if word not in _TRUE + _FALSE:
        raise UsageError(f"{text!r} is neither true nor false", place=place, hint="write true or false")
    return word in _TRUE
