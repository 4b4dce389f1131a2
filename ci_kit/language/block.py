"""One block of an interpolation: `$[[ inputs.name | function ]]`, where it stands in a text and what it comes to.

Source: gitlab `lib/gitlab/ci/config/interpolation` (template.rb, block.rb, access.rb).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ci_kit.language.ruby import Json
from ci_kit.language.scope import Scope
from ci_kit.language.unknown import Unknown, stand_in

BEGIN = "$[["
_END = "]]"
_BLANK = " \t\n\f\r"  # what RE2 takes for `\s`
_STRIPPED = " \t\n\v\f\r\0"  # what Ruby's strip takes away
_NOT_BLANK = re.compile(r"[^ \t\n\f\r]")
_FUNCTIONS = 3  # at most in a block
_PARTS = 5  # between the dots of what names a value
_LENGTH = 1024  # bytes of what names a value
_INDICES = 5
_INDEXED = re.compile(r"(\w*)((?:\[[0-9]+\])+)", re.ASCII)
_DIGITS = 9  # of an index; no list is longer


class Block(NamedTuple):
    """A block as it is written, what stands within, and where it begins in the text."""

    whole: str
    data: str
    begin: int


class Context(NamedTuple):
    """What blocks may name: inputs, fields of the component, variables; `is_open` when there are other inputs too."""

    inputs: Mapping[str, Any]
    component: Mapping[str, Any]
    scope: Scope = Scope()
    is_open: bool = False


def blocks(text: str) -> Iterator[Block]:
    r"""Yield the blocks of a text as RE2 finds `\$\[\[\s*(\S{1}.*?\S{1})\s*\]\]`, in one pass over it."""
    begin, dead = text.find(BEGIN), -1
    while begin >= 0:
        first = _NOT_BLANK.search(text, begin + len(BEGIN))
        if first is None:
            return
        end = _end(text, first.start()) if first.start() > dead else None
        if end is None:
            dead = max(dead, _line_end(text, first.start())) if first.start() > dead else dead
            begin = text.find(BEGIN, begin + 1)
            continue
        data, after = end
        yield Block(text[begin:after], text[first.start() : data], begin)
        begin = text.find(BEGIN, after)


def evaluated(block: Block, context: Context) -> tuple[Any, list[str]]:
    """Return what a block comes to, and GitLab's messages, none when all went well."""
    access, *functions = _split(block.data)
    if access.split(".", 1)[0] == "matrix":
        return block.whole, []
    value, messages = _accessed(access, context)
    if not messages and len(functions) > _FUNCTIONS:
        messages = ["too many functions in interpolation block"]
    if messages or not functions:
        return value, messages
    from ci_kit.language.functions import applied

    return applied(functions, value, context.scope)


def input_name(data: str) -> str | None:
    """Return the input that a block names, None when it names something else."""
    context, dot, name = _split(data)[0].partition(".")
    return re.split(r"[.\[]", name, maxsplit=1)[0] if dot and context == "inputs" else None


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _end(text: str, first: int) -> tuple[int, int] | None:
    """Return where the data that begins at `first` ends and where the block does; the data stays on its line."""
    line = _line_end(text, first)
    close = text.find(_END, first + 1, line)
    while close >= 0:
        data = len(text[first:close].rstrip(_BLANK)) + first
        if data > first + 1:
            return data, close + len(_END)
        close = text.find(_END, close + 1, line)
    data = len(text[first:line].rstrip(_BLANK)) + first
    beyond = _NOT_BLANK.search(text, line)
    if data > first + 1 and beyond and text.startswith(_END, beyond.start()):
        return data, beyond.start() + len(_END)
    return None


def _split(data: str) -> list[str]:
    """Return the parts between `|` without the empty ones at the end, as Ruby splits; one part at least."""
    parts = data.split("|")
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return [part.strip(_STRIPPED) for part in parts]


def _accessed(access: str, context: Context) -> tuple[Any, list[str]]:
    segments = access.split(".", _PARTS - 1)
    messages = []
    if len(segments) < 2:
        messages.append("invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]")
    if len(access.encode("utf-8", "replace")) > _LENGTH:
        messages.append("maximum interpolation expression size exceeded")
    value: Any = {"inputs": context.inputs, "component": context.component}
    for segment in () if messages else segments:
        if value is context.inputs and context.is_open and re.split(r"\[", segment)[0] not in context.inputs:
            return stand_in(segment), []
        value, messages = _indexed(value, segment, access) if "[" in segment else _keyed(value, segment, access)
        if messages:
            break
    return value, messages


def _keyed(value: Any, key: str, access: str) -> tuple[Any, list[str]]:
    if isinstance(value, Unknown):
        return value, []
    if isinstance(value, Mapping) and not isinstance(value, Json) and key in value:
        return value[key], []
    return None, [f"unknown interpolation provided: `{key}` in `{access}`"]


def _indexed(value: Any, segment: str, access: str) -> tuple[Any, list[str]]:
    found = _INDEXED.fullmatch(segment)
    if not found:
        return None, [_no_index(segment, access)]
    if not found[1]:
        return None, [f"invalid indexed access without a key in `{access}`"]
    indices = re.findall("[0-9]+", found[2])
    if len(indices) > _INDICES:
        return None, [f"too many array indices in `{access}` (maximum depth: {_INDICES})"]
    value, messages = _keyed(value, found[1], access)
    for index in indices:
        if messages or isinstance(value, Unknown):
            break
        value, messages = _item(value, index.lstrip("0") or "0", access)
    return value, messages


def _item(value: Any, index: str, access: str) -> tuple[Any, list[str]]:
    if not isinstance(value, list):
        return None, [f"cannot index into non-array value at [{index}] in `{access}`"]
    if len(index) > _DIGITS or int(index) >= len(value):
        return None, [f"array index {index} out of bounds (size: {len(value)}) in `{access}`"]
    return value[int(index)], []


def _no_index(segment: str, access: str) -> str:
    if segment.count("[") != segment.count("]"):
        return f"invalid array index in `{access}`: missing closing bracket"
    for content in re.findall(r"\[([^\]]*)\]", segment):
        if not re.fullmatch("[0-9]+", content):
            return f"invalid array index in `{access}`: `{content}` is not a valid index"
    return f"invalid array index syntax in `{access}`"
