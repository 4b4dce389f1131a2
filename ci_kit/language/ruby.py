"""Values as Ruby writes them, where GitLab puts one into a text or into a sentence.

Source: Ruby docs "Object#inspect", "Float#to_s", "String#gsub"; tried with Ruby 3.1, hashes as before Ruby 3.4.
"""

from collections.abc import Iterator
from math import isinf, isnan
from re import Match, match, sub
from typing import Any

from ci_kit.source.value import BadReference, ListKey, Map, MapKey, Reference, Symbol

_WORD = r"[A-Za-z_\x80-\U0010ffff][\w\x80-\U0010ffff]*"
_OPERATORS = r"[+\-]@?|\*\*?|[/%~^&|`]|!|[!=]=|=~|!~|===|<=>|[<>]=?|<<|>>|\[\]=?"
_PLAIN_SYMBOL = rf"(?a:{_WORD}[?!=]?|(?:@@?|\$){_WORD}|\$\d+|{_OPERATORS})\Z"
_ESCAPED = {"\n": "n", "\t": "t", "\r": "r", "\x1b": "e", "\a": "a", "\b": "b", "\v": "v", "\f": "f"}
_ESCAPED |= {'"': '"', "\\": "\\"}
_SPECIAL = r'["\\\x00-\x1f\x7f-\x84\x86-\x9f\u2028\u2029]|#(?=[{$@])'
_BACK_REFERENCE = r"\\([0-9&`'\\])"
_TAG = "#<Gitlab::Ci::Config::Yaml::Tags::Reference>"  # GitLab's has an address in it
_EXPONENT_FROM = 1e15  # unless there is a fraction
_DEEPEST = 100  # containers within each other; GitLab loads no more
_LONGEST = 1_000_000  # characters: lists that hold each other many times have no end that anybody waits for


class StringKeyed(Map):
    """A mapping whose keys are strings in Ruby; those of any other Map are symbols."""

    __slots__ = ()


class Json(StringKeyed):
    """A mapping that stood in a text as JSON; GitLab does not find its keys when a path leads into it."""

    __slots__ = ()


def text(value: Any) -> str:
    """Return what `to_s` makes of the value."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return value.name if isinstance(value, Symbol) else inspected(value)


def joined(values: list[Any]) -> str:
    """Return what `join(", ")` makes of a list: a list within it is no list any more, an empty one is an empty text."""
    return ", ".join(joined(one) if isinstance(one, list) else text(one) for one in values)


def inspected(value: Any, *, symbols: bool = True) -> str:
    """Return what `inspect` makes of the value; `symbols`: keys that are strings are symbols by now."""
    if not isinstance(value, dict | list | tuple) or isinstance(value, Symbol | Reference):
        return _scalar(value)
    pieces, left = [], _LONGEST
    for piece in _pieces(value, symbols, ()):
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            break
    return "".join(pieces)


def _pieces(value: Any, symbols: bool, above: tuple[int, ...]) -> Iterator[str]:
    """Yield the parts of the text; what is within itself is left out, as Ruby does it."""
    if not isinstance(value, dict | list | tuple) or isinstance(value, Symbol | Reference):
        yield _scalar(value)
        return
    pairs = value.items() if isinstance(value, dict) else value if isinstance(value, MapKey) else None
    opening, closing = "[]" if pairs is None else "{}"
    if id(value) in above or len(above) > _DEEPEST:
        yield f"{opening}...{closing}"
        return
    above = (*above, id(value))
    below = symbols and not isinstance(value, StringKeyed | ListKey | MapKey)
    yield opening
    for number, one in enumerate(value if pairs is None else pairs):
        yield ", " if number else ""
        if pairs is not None:
            yield f"{_key(one[0], below)}=>"
        yield from _pieces(one if pairs is None else one[1], below, above)
    yield closing


def _scalar(value: Any) -> str:
    if isinstance(value, Reference | BadReference):
        return _TAG
    if isinstance(value, str):
        return f'"{sub(_SPECIAL, _escaped, value)}"'
    if value is None or isinstance(value, bool):
        return {None: "nil", True: "true", False: "false"}[value]
    if isinstance(value, Symbol):
        return symbol(value.name)
    return _float(value) if isinstance(value, float) else _whole(value)


def symbol(name: str) -> str:
    """Return a symbol as Ruby writes it: with quotes when it is no plain word."""
    return f":{name}" if match(_PLAIN_SYMBOL, name) else f":{inspected(name)}"


def same(one: Any, other: Any) -> bool:
    """Tell whether two scalars are equal to Ruby, to which true is no number."""
    return (isinstance(one, bool) == isinstance(other, bool)) and bool(one == other)


def replaced(whole: str, old: str, new: str) -> str:
    r"""Return `whole` with each `old` replaced as `gsub` does it: `\0`, `\\` and the like in `new` are read."""
    if "\\" not in new:
        return whole.replace(old, new)
    pieces, done = [], 0
    at = whole.find(old)
    while at >= 0:
        pieces += [whole[done:at], _expanded(new, whole, at, old)]
        done = at + len(old)
        at = whole.find(old, done)
    return "".join([*pieces, whole[done:]])


def _expanded(new: str, whole: str, at: int, old: str) -> str:
    def one(found: Match[str]) -> str:
        kind = found[1]
        if kind in "0&":
            return old
        if kind == "`":
            return whole[:at]
        return whole[at + len(old) :] if kind == "'" else "\\" if kind == "\\" else ""

    return sub(_BACK_REFERENCE, one, new)


def _escaped(found: Match[str]) -> str:
    character = found[0]
    if character == "#":
        return "\\#"
    if character in _ESCAPED:
        return "\\" + _ESCAPED[character]
    return f"\\u{ord(character):04X}"


def _key(key: Any, symbols: bool) -> str:
    return symbol(key) if symbols and isinstance(key, str) else inspected(key, symbols=symbols)


def _float(value: float) -> str:
    if isnan(value) or isinf(value):
        return "NaN" if isnan(value) else "Infinity" if value > 0 else "-Infinity"
    mantissa, mark, exponent = repr(value).partition("e")
    if mark:
        return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}e{exponent}"
    if abs(value) < _EXPONENT_FROM or not mantissa.endswith(".0"):
        return mantissa
    sign, digits = mantissa[: value < 0], mantissa.lstrip("-").removesuffix(".0")
    return f"{sign}{digits[0]}.{digits[1:].rstrip('0') or '0'}e+{len(digits) - 1}"


def _whole(value: Any) -> str:
    try:
        return str(value)
    except ValueError:  # Python writes no integer of more than some thousand digits
        return hex(value)
