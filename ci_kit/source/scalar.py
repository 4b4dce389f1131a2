"""Plain scalars as Psych resolves them, which is neither YAML 1.2 nor PyYAML's table.

Source: ruby/psych `scalar_scanner.rb`, psych 4 and 5; checked on documents that Psych itself has read.
"""

import binascii
import math
import re
from datetime import date
from typing import Any

from ci_kit.source.value import BadReference, Disallowed, Symbol

_WORD = re.compile(r"[^\d.:-]?[^\W\d_]|[^\d.:-]?[_\s!@#$%^&*(){}<>|/\\~;=]")
_TIME = re.compile(
    r"-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?\Z", re.ASCII
)
_DATE = re.compile(r"(\d{4})-(1[012]|0\d|\d)-([12]\d|3[01]|0\d|\d)\Z", re.ASCII)
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}\Z", re.ASCII)
_SEXAGESIMAL_FLOAT = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}\.[0-9_]*\Z", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][+-][0-9]+)?\Z", re.ASCII)
_BINARY = re.compile(r"[-+]?0b[01_,]+\Z", re.ASCII)
_OCTAL = re.compile(r"[-+]?0[0-7_,]+\Z", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)\Z", re.ASCII)
_HEXADECIMAL = re.compile(r"[-+]?0x[0-9a-fA-F_,]+\Z", re.ASCII)
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


def resolve(text: str) -> Any:
    """Return what a plain, untagged scalar is: str, int, float, bool, None, Symbol, or Disallowed."""
    if not text:
        return None
    if "\n" in text or _WORD.match(text):
        return text if len(text) > _SHORT else _WORDS.get(text.lower(), text)
    return _number_or_text(text)


def resolve_tagged(text: str, tag: str, plain: bool) -> Any:
    """Return what a scalar with an explicit tag is; Psych ignores the tags it does not know."""
    name = tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else tag.removeprefix("!")
    if name.startswith("ruby/"):
        return Disallowed(name.rpartition(":")[2].rpartition("/")[2].capitalize(), text)
    if tag == "!reference":
        return BadReference(text)
    if name == "binary":
        return _decoded(text)
    if name == "str" or name.startswith("str:"):
        return text
    if name == "float":
        value = resolve(text)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else text
    return resolve(text)


def _number_or_text(text: str) -> Any:
    if _TIME.match(text):
        return Disallowed("Time", text)
    day = _DATE.match(text)
    if day:
        return Disallowed("Date", text) if _is_date(day) else text
    if text[0] == ":" and len(text) > 1:
        return Symbol(_symbol(text))
    special = _infinite(text.lower())
    if special is not None:
        return special
    if ":" in text:
        return _sexagesimal(text)
    return _number(text)


def _number(text: str) -> Any:
    if _FLOAT.match(text):
        return text if text.strip("+-") == "." else _float(text)
    digits = text.replace(",", "").replace("_", "")
    for pattern, base in ((_DECIMAL, 10), (_OCTAL, 8), (_BINARY, 2), (_HEXADECIMAL, 16)):
        if pattern.match(text):
            return _integer(digits, base, text)
    return text


def _integer(digits: str, base: int, text: str) -> Any:
    try:
        return int(digits, base)
    except ValueError:
        return text


def _float(text: str) -> Any:
    digits = re.sub(r"\.(?=[eE]|\Z)", "", text.replace(",", "").replace("_", ""))
    try:
        return float(digits)
    except ValueError:
        return text


def _infinite(word: str) -> float | None:
    if word in (".inf", "+.inf"):
        return math.inf
    if word == "-.inf":
        return -math.inf
    return math.nan if word == ".nan" else None


def _sexagesimal(text: str) -> Any:
    """Return `1:30` as Psych counts it: hours first, however many parts there are."""
    if _SEXAGESIMAL.match(text):
        parts = [int(part.replace("_", "")) for part in text.split(":")]
        return sum(part * 60 ** abs(place - 2) for place, part in enumerate(parts))
    if _SEXAGESIMAL_FLOAT.match(text):
        values = [float(part.replace("_", "")) for part in text.split(":")]
        return sum(value * 60 ** abs(place - 2) for place, value in enumerate(values))
    return text


def _symbol(text: str) -> str:
    quoted = re.match(r""":(["'])(.*)\1\Z""", text, re.S)
    return quoted[2] if quoted else text[1:]


def _is_date(found: re.Match[str]) -> bool:
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True


def _decoded(text: str) -> str:
    try:
        return binascii.a2b_base64(text).decode("utf-8", "replace")
    except binascii.Error:
        return ""
