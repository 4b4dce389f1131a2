"""Dates and times as GitLab reads `released_at:`: the forms of ISO 8601, of which much may be left out.

Source: Ruby docs "DateTime.iso8601"; tried with Ruby 3.1.
"""

import re
from calendar import isleap, monthrange
from datetime import date
from functools import cache

_ZONE = r"(?:z|[-+]\d\d(?::?\d\d)?)?"
_TIGHT_ZONE = r"(?:z|[-+]\d\d(?:\d\d)?)?"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d)"
_SECOND = r"(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
_TIGHT_CLOCK = r"(?P<hour>\d\d)(?P<minute>\d\d)"
_TIGHT_SECOND = r"(?:(?P<second>\d\d)(?:[.,]\d+)?)?"
_DATES = (
    r"(?:(?P<year>[-+]?\d{2,})|-)-(?P<month>\d\d)?(?:-(?P<day>\d\d))?",
    r"(?P<year>[-+]?\d{2,})?-(?P<ordinal>\d{3})",
    r"(?P<year>\d{4}|\d\d)?-w(?P<week>\d\d)-(?P<weekday>\d)",
    r"-w-(?P<weekday>\d)",
)
_TIGHT_DATES = (
    r"(?P<year>[-+]?(?:\d{4}|\d\d))(?P<month>\d\d)(?P<day>\d\d)",
    r"--(?:(?P<month>\d\d)|-)(?P<day>\d\d)",
    r"(?P<year>[-+]?(?:\d{4}|\d\d))(?P<ordinal>\d{3})",
    r"-(?P<ordinal>\d{3})",
    r"(?P<year>\d{4}|\d\d)w(?P<week>\d\d)(?P<weekday>\d)",
    r"-w(?P<week>\d\d)(?P<weekday>\d)",
    r"-w-(?P<weekday>\d)",
)
_DAY = r"[-+]?(?:\d{4}|\d\d)-(?P<day>\d\d)"  # without a month, all but the day is lost
_CYCLE = 400  # years, after which the calendar begins anew
_LEAP = 2000  # stands for the year of a date that names none
_LONG = 2020  # has 53 weeks
_MOST = {"minute": 59, "second": 60, "weekday": 7}


def is_moment(text: str) -> bool:
    """Tell whether GitLab takes the text for a date, a time or both; what depends on today's date is taken."""
    found = next((found for form in _forms() if (found := form.fullmatch(text))), None)
    if found is None:
        return False
    given = {name: int(part) for name, part in found.groupdict().items() if part is not None}
    return bool(given) and _is_date(given, _year(found.groupdict().get("year"))) and _is_time(given)


@cache
def _forms() -> tuple[re.Pattern[str], ...]:
    """Return the forms; the first that fits decides."""
    forms = (
        *(rf"{form}(?:t{_CLOCK}{_SECOND}{_ZONE})?" for form in _DATES),
        *(rf"{form}(?:t?{_TIGHT_CLOCK}{_TIGHT_SECOND}{_TIGHT_ZONE})?" for form in _TIGHT_DATES),
        rf"{_DAY}(?:t?\d{{4}}(?:\d\d(?:[.,]\d+)?)?{_TIGHT_ZONE})?",
        rf"{_CLOCK}(?:{_SECOND.removesuffix('?')}{_ZONE})?",
        rf"{_TIGHT_CLOCK}(?:{_TIGHT_SECOND.removesuffix('?')}{_TIGHT_ZONE})?",
    )
    return tuple(re.compile(rf"\s*{form}\s*", re.A | re.I) for form in forms)


def _year(text: str | None) -> int | None:
    """Return the year of the text, with its century, as one that has the same calendar."""
    if text is None:
        return None
    year = int(text)
    if len(text) < len("2031"):
        year += 1900 if year >= 69 else 2000
    return year % _CYCLE + _LEAP


def _is_date(given: dict[str, int], year: int | None) -> bool:
    month, whole = given.get("month", 1), 366 if isleap(year or _LEAP) else 365
    weeks = date(year or _LONG, 12, 28).isocalendar().week
    return (
        1 <= month <= 12
        and 1 <= given.get("day", 1) <= monthrange(year or _LEAP, month)[1]
        and 1 <= given.get("ordinal", 1) <= whole
        and 1 <= given.get("week", 1) <= weeks
        and given.get("weekday", 1) >= 1
    )


def _is_time(given: dict[str, int]) -> bool:
    if any(given.get(name, 0) > most for name, most in _MOST.items()):
        return False
    is_end_of_day = given.get("hour") == 24 and not given.get("minute") and not given.get("second")
    return given.get("hour", 0) < 24 or is_end_of_day
