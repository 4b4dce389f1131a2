"""Values as Ruby writes them into a message.

Source: Ruby 3.2 documentation, `inspect` and `to_s` of String, Symbol, Float, Array and Hash.
"""

import re
from typing import Any

from ci_kit.source.value import BadReference, Map, Reference, Seq, Symbol

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\f": "\\f", "\v": "\\v"}
_ESCAPES |= {"\a": "\\a", "\b": "\\b", "\x1b": "\\e"}
_SPECIAL = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|#(?=[{$@])')
_BARE_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*[?!=]?")
_TAG = "#<Gitlab::Ci::Config::Yaml::Tags::Reference>"  # GitLab's has an address in it
_DEEPEST = 100  # containers, as in the file


def inspected(value: Any, *, symbols: bool = True, level: int = 0) -> str:
    """Return the value as `inspect` writes it; `symbols`: keys that are strings are symbols by now."""
    if level > _DEEPEST:
        return "..."
    if isinstance(value, Reference | BadReference):
        return _TAG
    if isinstance(value, str):
        return f'"{_SPECIAL.sub(_escaped, value)}"'
    if isinstance(value, Symbol):
        return _symbol(value.name)
    if isinstance(value, Map):
        pairs = (f"{_key(key, symbols)}=>{inspected(value[key], symbols=symbols, level=level + 1)}" for key in value)
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, Seq | tuple):
        return f"[{', '.join(inspected(one, symbols=symbols, level=level + 1) for one in value)}]"
    return "nil" if value is None else as_text(value)


def as_text(value: Any) -> str:
    """Return the value as `to_s` writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Map | Seq | tuple | BadReference) and not isinstance(value, Symbol):
        return inspected(value)
    return str(value)


def _key(key: Any, symbols: bool) -> str:
    return _symbol(key) if symbols and isinstance(key, str) else inspected(key, symbols=symbols)


def _symbol(name: str) -> str:
    return f":{name}" if _BARE_SYMBOL.fullmatch(name) else f":{inspected(name)}"


def _float(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if value and not 1e-4 <= abs(value) < 1e16:
        mantissa, _, exponent = repr(value).partition("e")
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent}"
    return repr(value)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character == "#":
        return "\\#"
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    return f"\\x{code:02X}" if code < 0x20 or code == 0x7F else f"\\u{code:04X}"
