"""Dates in the letters of moment.js, which metadata-action's users know: `YYYYMMDD`, `HH:mm`, `[text]`.

Source: momentjs.com, "Docs: Display: Format".
"""

import re
from collections.abc import Callable
from datetime import MAXYEAR, UTC, datetime, timedelta, tzinfo

_Writer = Callable[[datetime], str]


def commit_date(text: str) -> datetime | None:
    """Return an ISO 8601 date with its zone, None for anything else; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 1970 <= found.year < MAXYEAR:  # what git holds, and what can be said in any other zone
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def zone(name: str) -> tzinfo | None:
    """Return the time zone `Europe/Berlin`, None when this machine does not know it; UTC is known everywhere."""
    if name.upper() in ("UTC", "Z"):
        return UTC
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def written(date: datetime, form: str) -> str:
    """Return `date` in the form; what is no letter of a date stands as it is."""
    return _TOKEN.sub(lambda match: match[1] if match[1] is not None else _WRITERS[match[0]](date), form)


def _ordinal(number: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ends.get(number % 10, 'th')}"


def _hour(date: datetime) -> int:
    return date.hour % 12 or 12


def _offset(date: datetime, between: str) -> str:
    minutes = (date.utcoffset() or timedelta()) // timedelta(minutes=1)
    sign, minutes = "-" if minutes < 0 else "+", abs(minutes)
    return f"{sign}{minutes // 60:02}{between}{minutes % 60:02}"


_WRITERS: dict[str, _Writer] = {
    "YYYY": lambda date: f"{date.year:04}",
    "YY": lambda date: f"{date.year % 100:02}",
    "Q": lambda date: str((date.month + 2) // 3),
    "MMMM": lambda date: date.strftime("%B"),
    "MMM": lambda date: date.strftime("%b"),
    "MM": lambda date: f"{date.month:02}",
    "Mo": lambda date: _ordinal(date.month),
    "M": lambda date: str(date.month),
    "DDDD": lambda date: date.strftime("%j"),
    "DDD": lambda date: str(date.timetuple().tm_yday),
    "DD": lambda date: f"{date.day:02}",
    "Do": lambda date: _ordinal(date.day),
    "D": lambda date: str(date.day),
    "dddd": lambda date: date.strftime("%A"),
    "ddd": lambda date: date.strftime("%a"),
    "dd": lambda date: date.strftime("%a")[:2],
    "d": lambda date: str(date.isoweekday() % 7),
    "E": lambda date: str(date.isoweekday()),
    "GGGG": lambda date: f"{date.isocalendar().year:04}",
    "WW": lambda date: f"{date.isocalendar().week:02}",
    "W": lambda date: str(date.isocalendar().week),
    "HH": lambda date: f"{date.hour:02}",
    "H": lambda date: str(date.hour),
    "hh": lambda date: f"{_hour(date):02}",
    "h": lambda date: str(_hour(date)),
    "mm": lambda date: f"{date.minute:02}",
    "m": lambda date: str(date.minute),
    "ss": lambda date: f"{date.second:02}",
    "s": lambda date: str(date.second),
    "SSS": lambda date: f"{date.microsecond // 1000:03}",
    "A": lambda date: "AM" if date.hour < 12 else "PM",
    "a": lambda date: "am" if date.hour < 12 else "pm",
    "ZZ": lambda date: _offset(date, ""),
    "Z": lambda date: _offset(date, ":"),
    "X": lambda date: str(int(date.timestamp())),
}
_TOKEN = re.compile(r"\[([^\]]*)\]|" + "|".join(sorted(_WRITERS, key=len, reverse=True)))
