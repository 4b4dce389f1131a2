"""Semantic versions, with the `v` that git tags begin with.

Source: semver.org "Semantic Versioning 2.0.0", points 2, 9, 10 and 11.
"""

import re

from ci_kit.build.tagging.version import LONGEST, Version

_NUMBER = r"(0|[1-9][0-9]*)"
_PART = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_PART}(?:\.{_PART})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)


def parse(text: str) -> Version | None:
    """Return the version, None when `text` is none; what stands after `+` is neither in its text nor in its order."""
    found = _VERSION.fullmatch(text) if len(text) <= LONGEST else None
    if not found:
        return None
    major, minor, patch = (int(found[group]) for group in (1, 2, 3))
    before = found[4] or ""
    clean = f"{major}.{minor}.{patch}" + (f"-{before}" if before else "")
    key = (major, minor, patch, not before, _identifiers(before))
    return Version(text, clean, major, minor, patch, not before, key)


def _identifiers(before: str) -> tuple[tuple[bool, int, str], ...]:
    """Return the parts of a pre-release as they compare: numbers first, and among themselves as numbers."""
    parts = before.split(".") if before else []
    return tuple((False, int(part), "") if part.isdigit() else (True, 0, part) for part in parts)
