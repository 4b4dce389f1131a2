"""Values as block-style YAML with comments: the same bytes everywhere, quotes where a reader could go wrong.

Source: YAML 1.1 "Plain Style" and "Literal Style"; what needs quotes is asked of the reader's own scalar rules.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ci_kit.source.scalar import resolve
from ci_kit.source.value import ListKey, MapKey, Reference, Symbol

_STEP = "  "
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
# What is no part of a plain scalar, or ends it; what a line break is to one reader and a letter to another.
_UNPLAIN = re.compile("[\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]|: | #|:\\Z")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
# Strings to Psych, but numbers or booleans to readers of YAML 1.2 or to PyYAML.
_DOUBTFUL = re.compile(r"[yYnN=]\Z|[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?\Z|0o[0-7]+\Z|[-+]?\d[\d_]*(?::\d+)+")
_SIMPLE_KEY = 900  # libyaml ends the search for the colon after 1024
_FLOW_WORD = re.compile(r"[A-Za-z_.][A-Za-z0-9_./-]*\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Commented:
    """A value with a comment above its key or item; each line of `comment` becomes a line of its own."""

    value: Any
    comment: str


def emit(value: Any, head: str = "") -> str:
    """Return the document as text that ends with a line feed, under the comment `head`.

    Takes dict, list, str, int, float, bool, None, Symbol, Reference, Commented and containers as keys;
    TypeError for anything else.
    """
    lines = [*_comment(head, ""), *_block(value, "")]
    return "\n".join(lines) + "\n"


def _block(value: Any, indent: str) -> Iterator[str]:
    value = _bare(value)
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _entry(key, part, indent)
    elif _is_list(value) and value:
        for part in value:
            yield from _item(part, indent)
    else:
        first, *rest = _scalar(value, indent)
        yield indent + first
        yield from rest


def _entry(key: Any, value: Any, indent: str) -> Iterator[str]:
    yield from _comment(_note(value), indent)
    value = _bare(value)
    name = _key(key, value)
    if len(name) > _SIMPLE_KEY:
        yield f"{indent}? {name}"
        name = ""
    if _is_nested(value):
        yield f"{indent}{name}:"
        yield from _block(value, indent + _STEP)
    else:
        first, *rest = _scalar(value, indent)
        yield f"{indent}{name}: {first}"
        yield from rest


def _item(value: Any, indent: str) -> Iterator[str]:
    yield from _comment(_note(value), indent)
    value = _bare(value)
    if not _is_nested(value):
        first, *rest = _scalar(value, indent)
        yield f"{indent}- {first}"
        yield from rest
        return
    lines = iter(_block(value, indent + _STEP))
    for line in lines:
        if line.startswith(f"{indent}{_STEP}#"):
            yield line
        else:
            yield f"{indent}- {line[len(indent) + 2 :]}"
            break
    yield from lines


def _scalar(value: Any, indent: str) -> list[str]:
    """Return a value that is no filled container; the lines after the first are indented already."""
    if isinstance(value, str) and _is_literal(value):
        return _literal(value, indent + _STEP)
    return [_inline(value)]


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Symbol):
        return _symbol(value.name)
    if isinstance(value, Reference):
        return f"!reference [{', '.join(map(_flow_word, value))}]"
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, MapKey):
        return f"{{{', '.join(f'{_flow(key)}: {_flow(part)}' for key, part in value)}}}"
    if isinstance(value, ListKey):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, dict | list | tuple) and not value:
        return "{}" if isinstance(value, dict) else "[]"
    raise TypeError(f"{type(value).__name__} has no form in YAML here")


def _key(key: Any, value: Any) -> str:
    if key == "<<" and isinstance(key, str) and isinstance(value, dict | list | tuple):
        return "!!str <<"
    return _inline(key)


def _text(value: str) -> str:
    if _is_plain(value):
        return value
    if not _CONTROL.search(value) and "\n" not in value and ('"' in value or "\\" in value):
        return "'" + value.replace("'", "''") + "'"
    return _double_quoted(value)


def _is_plain(value: str) -> bool:
    if not value or value != value.strip() or _UNPLAIN.search(value) or value.startswith(("---", "...")):
        return False
    if value[0] in _INDICATORS and not (value[0] in "-?:" and len(value) > 1 and value[1] not in " -?:,[]{}"):
        return False
    return value != "<<" and resolve(value) == value and not _DOUBTFUL.match(value)


def _double_quoted(value: str) -> str:
    """Return the text in double quotes: JSON's escapes are YAML's, but for code points beyond four digits."""
    quoted = json.dumps(value, ensure_ascii=False)
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted).replace("\xa0", "\\_")


def _is_literal(value: str) -> bool:
    return "\n" in value and not _CONTROL.search(value) and bool(value.strip())


def _literal(value: str, indent: str) -> list[str]:
    body = value.rstrip("\n")
    kept = len(value) - len(body)
    chomping = "-" if kept == 0 else "" if kept == 1 else "+"
    indicator = "2" if value.lstrip("\n").startswith((" ", "\t")) else ""
    lines = [*body.split("\n"), *[""] * max(kept - 1, 0)]
    return [f"|{indicator}{chomping}", *(indent + line if line else "" for line in lines)]


def _symbol(name: str) -> str:
    return f":{name}" if _FLOW_WORD.match(name) else f"!ruby/symbol {_double_quoted(name)}"


def _float(value: float) -> str:
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    if math.isnan(value):
        return ".nan"
    mantissa, exponent, power = repr(value).partition("e")
    mantissa += "" if "." in mantissa else ".0"
    return f"{mantissa}e{power if power[0] in '+-' else '+' + power}" if exponent else mantissa


def _flow(value: Any) -> str:
    """Return a part of a container that is a key."""
    return _double_quoted(value) if isinstance(value, str) and not _FLOW_WORD.match(value) else _inline(value)


def _flow_word(value: Any) -> str:
    return value if isinstance(value, str) and _FLOW_WORD.match(value) and _is_plain(value) else json.dumps(value)


def _comment(text: str, indent: str) -> Iterator[str]:
    for line in text.splitlines():
        yield f"{indent}# {line}".rstrip()


def _note(value: Any) -> str:
    return value.comment if isinstance(value, Commented) else ""


def _bare(value: Any) -> Any:
    return value.value if isinstance(value, Commented) else value


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple) and not isinstance(value, Reference | Symbol)


def _is_nested(value: Any) -> bool:
    return bool(value) and (isinstance(value, dict) or _is_list(value))
