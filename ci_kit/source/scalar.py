"""Plain scalars as Psych resolves them, which is neither YAML 1.2 nor PyYAML's table.

Source: ruby/psych `scalar_scanner.rb`, psych 4 and 5; checked on documents that Psych itself has read.
"""

import math
import re
from typing import Any

from ci_kit.source.value import BadReference, Disallowed, Symbol, Unreadable

_WORD = re.compile(r"[^\d.:-]?[^\W\d_]|[^\d.:-]?[_\s!@#$%^&*(){}<>|/\\~;=]")
# Compiled when they are needed: few files have a number without quotes, or a date.
_TIME = r"(?a)-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?\Z"
_DATE = r"(?a)(\d{4})-(1[012]|0\d|\d)-([12]\d|3[01]|0\d|\d)\Z"
_SEXAGESIMAL = r"(?a)[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}\Z"
_SEXAGESIMAL_FLOAT = r"(?a)[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}\.[0-9_]*\Z"
_FLOAT = r"(?a)[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][+-][0-9]+)?\Z"
_BINARY = r"(?a)[-+]?0b[01_,]+\Z"
_OCTAL = r"(?a)[-+]?0[0-7_,]+\Z"
_DECIMAL = r"(?a)[-+]?(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)\Z"
_HEXADECIMAL = r"(?a)[-+]?0x[0-9a-fA-F_,]+\Z"
# What Ruby reads besides: a number without a dot before the exponent.
_RUBY_FLOAT = r"(?a)[-+]?\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:[eE][-+]?\d+(?:_\d+)*)?\Z"
_WORDS: dict[str, bool | None] = {
    "~": None,
    "null": None,
    "yes": True,
    "true": True,
    "on": True,
    "no": False,
    "false": False,
    "off": False,
}
_SHORT = 5
_STANDARD = "tag:yaml.org,2002:"
STRING = _STANDARD + "str"
_CLASSES = {
    "!ruby/object:BigDecimal": "BigDecimal",
    "!ruby/object:DateTime": "DateTime",
    "!ruby/object:Complex": "Complex",
    "!ruby/object:Rational": "Rational",
    "!ruby/regexp": "Regexp",
    "!ruby/range": "Range",
}
_DIGITS = 4000  # Python prints no integer that is much longer; a longer one is only ever told to be one


def resolve(text: str) -> Any:
    """Return what a plain, untagged scalar is: str, int, float, bool, None, Symbol, or Disallowed."""
    if len(text) > _SHORT and text[0].isalpha():
        return text  # nearly every scalar
    if not text:
        return None
    if _WORD.match(text) or "\n" in text:
        return text if len(text) > _SHORT else _word(text)
    return _number_or_text(text)


def resolve_tagged(text: str, tag: str) -> Any:
    """Return what a scalar with an explicit tag is, in quotes or not; Psych ignores the tags it does not know."""
    if tag in (STRING, "!str", "!ruby/string"):
        return text
    if tag in ("!binary", _STANDARD + "binary"):
        return _decoded(text)
    if tag in ("!float", _STANDARD + "float"):
        return _as_float(resolve(text), text)
    if tag == "!reference":
        return BadReference(text)
    if tag.startswith("!ruby/sym"):
        return Symbol(text)
    asked = text if tag in ("!ruby/class", "!ruby/module") else _CLASSES.get(tag) or _named(tag)
    return Disallowed(asked, text) if asked else resolve(text)


def _named(tag: str) -> str:
    found = re.match("!(?:str|ruby/string):(.+)", tag)
    return found[1] if found else ""


def _word(text: str) -> Any:
    """Return a short word; of several lines each counts, and one that begins like no such word makes it a text."""
    lines = text.lower().split("\n")
    if not all(line and line[0] in "ytonf~" for line in lines):
        return text
    return next((_WORDS[line] for line in sorted(lines, reverse=True) if line in _WORDS), text)


def _number_or_text(text: str) -> Any:
    if "-" in text and re.match(_TIME, text):
        return Disallowed("Time", text)
    if "-" in text and re.match(_DATE, text):
        return Disallowed("Date", text)
    if text[0] == ":" and len(text) > 1:
        return Symbol(_symbol(text))
    special = _infinite(text.lower())
    if special is not None:
        return special
    if ":" in text:
        return _sexagesimal(text)
    return _number(text)


def _number(text: str) -> Any:
    if re.match(_FLOAT, text):
        return text if text in (".", "+.", "-.") else _float(text)
    digits = text.replace(",", "").replace("_", "")
    for pattern, base in ((_DECIMAL, 10), (_OCTAL, 8), (_BINARY, 2), (_HEXADECIMAL, 16)):
        if re.match(pattern, text):
            return _integer(digits, base, text)
    return text


def _integer(digits: str, base: int, text: str) -> Any:
    if len(digits) > _DIGITS:
        return -(10**_DIGITS) if digits[0] == "-" else 10**_DIGITS
    try:
        return int(digits, base)
    except ValueError:
        return Unreadable("", text)


def _float(text: str) -> Any:
    digits = re.sub(r"\.(?=[eE]|\Z)", "", text.replace(",", "").replace("_", ""))
    try:
        return float(digits)
    except ValueError:
        return Unreadable("", text)


def _as_float(value: Any, text: str) -> Any:
    if isinstance(value, Disallowed):
        return value
    if isinstance(value, str):
        value = _strict_float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.copysign(math.inf, value)
    return Unreadable("", text)


def _strict_float(text: str) -> float | None:
    """Return what Ruby's `Float()` makes of a text that is no number to YAML: `1e3`."""
    return float(text) if re.match(_RUBY_FLOAT, text.strip(" \t\n\r\f\v")) else None


def _infinite(word: str) -> float | None:
    if word in (".inf", "+.inf"):
        return math.inf
    if word == "-.inf":
        return -math.inf
    return math.nan if word == ".nan" else None


def _sexagesimal(text: str) -> Any:
    """Return `1:30` as Psych counts it: hours first, however many parts there are."""
    parts = text.replace("_", "").split(":")
    if len(parts[0]) > _DIGITS:
        return _integer(parts[0], 10, text) if re.match(_SEXAGESIMAL, text) else text
    if re.match(_SEXAGESIMAL, text):
        return sum(int(part) * 60 ** abs(place - 2) for place, part in enumerate(parts))
    if re.match(_SEXAGESIMAL_FLOAT, text):
        return sum(float(part) * 60 ** abs(place - 2) for place, part in enumerate(parts))
    return text


def _symbol(text: str) -> str:
    quoted = re.match(r""":(["'])(.*)\1""", text)
    return quoted[2].removeprefix(":") if quoted else text[1:]


def _decoded(text: str) -> str:
    """Return the text in base 64 as Ruby reads it: to the first `=` that may end it, whatever else is between."""
    from binascii import a2b_base64

    letters = re.sub("[^A-Za-z0-9+/=]+", "", text)
    whole = re.match("(?:=*[^=]=*[^=]{3})*", letters)
    read = whole.end() if whole else 0
    rest = re.match("=*[^=]=*[^=]{1,2}", letters[read:])
    found = (letters[:read] + (rest[0] if rest else "")).replace("=", "")
    return a2b_base64(found + "=" * (-len(found) % 4)).decode("utf-8", "replace")
