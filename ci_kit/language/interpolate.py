"""`$[[ … ]]`: every block in keys and values replaced by what it names.

Sources: GitLab docs "CI/CD inputs"; gitlab `lib/gitlab/ci/config/interpolation`.
"""

import re
from collections.abc import Mapping
from typing import Any

from ci_kit.language.problem import refuse
from ci_kit.language.unknown import Unknown
from ci_kit.source.value import Map, Mark, Seq

_BLOCK = re.compile(r"\$\[\[\s*(\S[^\n]{0,2000}?\S)\s*\]\]")  # bounded: blocks that never close cost no squares
_FUNCTIONS = 3  # at most in a block
_TRUNCATE = re.compile(r"truncate\(\s*(\d+)\s*,\s*(\d+)\s*\)?$")
_INDEX = re.compile(r"\[([^\]]*)(\]?)")
_LENGTH = 1024  # bytes of what names the value


def replaced(value: Any, values: Mapping[str, Any], at: Mark | None = None) -> Any:
    """Return `value` with its blocks replaced: alone one keeps its type, within a text it becomes text.

    Refused when a block names nothing, or a function that is not there.
    """
    if isinstance(value, Map):
        return _map(value, values)
    if isinstance(value, Seq):
        return _seq(value, values)
    return _text(value, values, at or (1, 1, 1, 1, "")) if isinstance(value, str) and "$[[" in value else value


def _map(value: Map, values: Mapping[str, Any]) -> Map:
    made = Map(value.at)
    for key, part in value.items():
        name = replaced(key, values, value.keys_at[key])
        name = str(name) if isinstance(name, Map | Seq) else name
        made[name] = replaced(part, values, value.values_at[key])
        made.keys_at[name], made.values_at[name] = value.keys_at[key], value.values_at[key]
    return made


def _seq(value: Seq, values: Mapping[str, Any]) -> Seq:
    """Return the list; an input of the type array that is an item of its own is spliced in."""
    made = type(value)(value.at)
    for item, mark in zip(value, value.items_at, strict=True):
        part = replaced(item, values, mark)
        parts = part if isinstance(part, Seq) and isinstance(item, str) else [part]
        made.extend(parts)
        made.items_at.extend([mark] * len(parts))
    return made


def _text(text: str, values: Mapping[str, Any], at: Mark) -> Any:
    alone = _BLOCK.fullmatch(text)
    if alone and "]]" not in alone[1]:
        return _block(alone[1], values, at)
    parts = [_block(match[1], values, at) for match in _BLOCK.finditer(text)]
    taken = iter(parts)
    made = _BLOCK.sub(lambda match: _written(next(taken)), text)
    return Unknown(made) if any(isinstance(part, Unknown) for part in parts) else made


def _block(block: str, values: Mapping[str, Any], at: Mark) -> Any:
    access, *functions = (part.strip() for part in block.split("|"))
    if access.startswith("matrix."):
        return f"$[[ {block} ]]"
    if len(functions) > _FUNCTIONS:
        raise refuse("too many functions in interpolation block", at)
    value = _named(access, values, at)
    for function in functions:
        value = _applied(function, value, at)
    return value


def _named(access: str, values: Mapping[str, Any], at: Mark) -> Any:
    context, dot, name = access.partition(".")
    if len(access.encode()) > _LENGTH:
        raise refuse("maximum interpolation expression size exceeded", at)
    if not dot:
        words = "invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]"
        raise refuse(words, at)
    if context == "component":
        return Unknown(f"$INPUT_{context}")
    if context != "inputs":
        raise refuse(f"unknown interpolation provided: `{context}` in `{access}`", at)
    base = re.split(r"[.\[]", name, maxsplit=1)[0]
    if base not in values:
        raise refuse(f"unknown interpolation provided: `{base}` in `{access}`", at)
    return _indexed(values[base], name[len(base) :], access, at)


def _indexed(value: Any, path: str, access: str, at: Mark) -> Any:
    while path and not isinstance(value, Unknown):
        if path.startswith("["):
            value, path = _item(value, path, access, at)
        else:
            key, path = re.match(r"\.?([^.\[]*)", path)[1], re.sub(r"^\.?[^.\[]*", "", path)  # type: ignore[index]
            if not isinstance(value, dict) or key not in value:
                raise refuse(f"unknown interpolation provided: `{key}` in `{access}`", at)
            value = value[key]
    return value


def _item(value: Any, path: str, access: str, at: Mark) -> tuple[Any, str]:
    found = _INDEX.match(path)
    index, closed = (found[1], found[2]) if found else ("", "")
    if not closed:
        raise refuse(f"invalid array index in `{access}`: missing closing bracket", at)
    if not index.isdigit():
        raise refuse(f"invalid array index in `{access}`: `{index}` is not a valid index", at)
    if not isinstance(value, list):
        raise refuse(f"cannot index into non-array value at [{index}] in `{access}`", at)
    if int(index) >= len(value):
        raise refuse(f"array index {index} out of bounds (size: {len(value)}) in `{access}`", at)
    return value[int(index)], path[len(index) + 2 :]


def _applied(function: str, value: Any, at: Mark) -> Any:
    name = function.partition("(")[0]
    truncate = _TRUNCATE.match(function)
    if not truncate and function not in ("expand_vars", "posix_escape"):
        words = f"no function matching `{function}`: check that the function name, arguments, and types are correct"
        raise refuse(words, at)
    if not isinstance(value, str):
        words = f"invalid input type: {name} can only be used with string inputs"
        raise refuse(f"error in `{name}` function: {words}", at)
    if isinstance(value, Unknown):
        return value
    if truncate:
        begin = int(truncate[1])
        return value[begin : begin + int(truncate[2])]
    return re.sub(r"([^A-Za-z0-9_\-.,:+/@\n])", r"\\\1", value) if function == "posix_escape" else value


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
