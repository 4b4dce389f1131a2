"""Durations as GitLab reads them: `1h 30m`, `2 weeks and 1 day`, `1:30:00`, `two hours`, `90`.

Source: GitLab docs "timeout"; gitlab's fork of the gem chronic_duration.
"""

import re
from typing import Any

WEEK = 7 * 24 * 3600  # seconds
MONTH = 30 * 24 * 3600

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "w": WEEK, "mo": MONTH, "y": 31_557_600}
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
_NUMBER = r"[0-9]*\.?[0-9]+"
_WORD = r"[^ \t\n\v\f\r\0]+"  # Ruby splits at these only
_CLOCK = r"(?m)^[0-9]+:[0-9]+(?::[0-9]+){0,4}(?:\.[0-9]*)?$"
_CLOCK_UNITS = ("seconds", "minutes", "hours", "days", "months", "years")  # from the right; there are no weeks
_PLAIN = r"[0-9.:]* ?(?:[smhdwy]|mo|(?:sec|min|hr|hour|minute|second|day|week|month|year)s?)?"


def seconds(value: Any) -> float | None:
    """Return the length of a duration in seconds, None when GitLab does not take it for one."""
    if not isinstance(value, str):
        return None
    text = value.lower()
    number, _, unit = text.partition(" ")
    if number.isascii() and number.isdigit() and unit in _UNITS:
        return float(number) * _UNITS[unit] or None  # nearly every duration
    if not re.fullmatch(_PLAIN, text):
        from ci_kit.language.numerals import numerals

        text = numerals(text)
    tight = text.replace(" ", "")
    return _clock(tight.rstrip(":").split(":")) if re.search(_CLOCK, tight) else _length(text)


def _clock(parts: list[str]) -> float | None:
    """Return the length of `h:m:s`: each part has its own unit."""
    if len(parts) > len(_CLOCK_UNITS):
        return None
    units = _CLOCK_UNITS[: len(parts)][::-1]
    return _length(" ".join(f"{part} {unit}" for part, unit in zip(parts, units, strict=True)))


def _length(text: str) -> float | None:
    """Return the sum of the numbers before a unit; the last number may go without, any other one does not count."""
    found: list[float | str] = []
    for word in re.findall(_WORD, re.sub(_NUMBER, r" \g<0> ", text)):
        bare = word.removeprefix(",").removesuffix(",")
        if re.fullmatch(_NUMBER, word):
            found.append(float(word))
        elif bare in _UNITS:
            found += [bare] if found else [1.0, bare]
        elif bare not in _JOINERS:
            return None
    pairs = zip(found, [*found[1:], "s"], strict=False)
    return sum(one * _UNITS[unit] for one, unit in pairs if isinstance(one, float) and isinstance(unit, str)) or None
