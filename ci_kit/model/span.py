"""Spans of time as they are written in settings and filters: `12h`, `30d`, `2w`."""

import re

PATTERN = r"[0-9]{1,6}[hdw]"
_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0}


def days(text: str) -> float | None:
    """Return the days of a span in hours `h`, days `d` or weeks `w`, None for what is none."""
    return int(text[:-1]) * _DAYS[text[-1]] if re.fullmatch(PATTERN, text, re.ASCII) else None
