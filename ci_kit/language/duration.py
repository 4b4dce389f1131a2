"""Durations as GitLab reads them: `1h 30m`, `2 weeks and 1 day`, `1:30:00`, `two hours`, `90`.

Source: GitLab docs "timeout"; gitlab's fork of the gem chronic_duration.
"""

import re
from typing import Any

WEEK = 7 * 24 * 3600  # seconds
MONTH = 30 * 24 * 3600

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "w": WEEK, "mo": MONTH, "y": 365.25 * 24 * 3600}
_NAMES = {
    "s": ("s", "sec", "secs", "second", "seconds"),
    "m": ("m", "min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "dy", "day", "days"),
    "w": ("w", "wk", "wks", "week", "weeks"),
    "mo": ("mo", "mos", "month", "months"),
    "y": ("y", "yr", "yrs", "year", "years"),
}
_UNITS = {name: _SECONDS[unit] for unit, names in _NAMES.items() for name in names}
_JOINERS = frozenset(("and", "with", "plus"))
_LISTED = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen
"""
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_NUMBERS = {**{word: number for number, word in enumerate(_LISTED.split())}, **_TENS, "a": 1, "an": 1, "half": 0.5}
_TOKEN = re.compile(r"[0-9]*\.?[0-9]+|[a-z]+|\S")
_CLOCK = re.compile(r"\d+(?::\d+){1,5}(?:\.\d+)?")
_CLOCK_UNITS = (1, 60, 3600, 24 * 3600, MONTH, 365.25 * 24 * 3600)


def seconds(value: Any) -> float | None:
    """Return the length of a duration in seconds, None when GitLab does not take it for one."""
    if not isinstance(value, str):
        return None
    text = re.sub("(?<=[a-z])-(?=[a-z])", " ", value.lower().replace(",", " ")).strip()
    if _CLOCK.fullmatch(text):
        parts = text.split(":")[::-1]
        return sum(float(part) * unit for part, unit in zip(parts, _CLOCK_UNITS, strict=False)) or None
    return _sum(_TOKEN.findall(text)) or None


def _sum(tokens: list[str]) -> float | None:
    total, number = 0.0, None
    for token in tokens:
        if re.fullmatch(r"[0-9]*\.?[0-9]+", token):
            total, number = total + (number or 0), float(token)
        elif token in _UNITS:
            total, number = total + (1 if number is None else number) * _UNITS[token], None
        elif token in _NUMBERS:
            number = (number or 0) + _NUMBERS[token]
        elif token not in _JOINERS:
            return None
    return total + (number or 0)
