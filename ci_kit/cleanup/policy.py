"""What the settings say of tags: which are judged, which are kept, how many, how old.

Regular expressions are RE2's and for whole tags, as in GitLab's own cleanup policies.
Source: GitLab docs "Reduce container registry storage", "Regex pattern examples".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ci_kit.config.settings import CleanupSettings, Placed
from ci_kit.errors import UsageError
from ci_kit.language import re2
from ci_kit.model import span

# What RE2 and Python read alike, and Python is quick with: letters, dots, plain classes, few of them repeated.
_LIKE_PYTHON = re.compile(
    r"(?:(?:[A-Za-z0-9_/-]|\\[.+-]|\.|\[(?:[A-Za-z0-9](?:-[A-Za-z0-9])?)+\])[*+?]?|\|)*", re.ASCII
)
_MOST_REPEATED = 2


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression for whole tags; `text` is as it was said, `quick` Python's where both mean the same."""

    text: str
    regex: re2.Regex
    quick: re.Pattern[str] | None = None

    def matches(self, tag: str, *, doubt: bool) -> bool:
        """Tell whether it matches all of `tag`; `doubt` where to find that out would take too long."""
        if self.quick:
            return self.quick.fullmatch(tag) is not None
        return re2.is_found(self.regex, tag, otherwise=doubt)


class Quota(NamedTuple):
    """Keep the newest `number` tags, of those that `pattern` matches if there is one."""

    number: int
    pattern: Pattern | None

    def speaks_of(self, tag: str) -> bool:
        """Tell whether the tag is one of those that are counted; in doubt it is, and kept if it is new."""
        return self.pattern is None or self.pattern.matches(tag, doubt=True)

    def __str__(self) -> str:
        """Return it as it was said."""
        return f"{self.number} of {self.pattern.text}" if self.pattern else str(self.number)


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules; `older_than` is in days, None without that rule."""

    match: tuple[Pattern, ...] = ()
    keep: tuple[Pattern, ...] = ()
    keep_n: tuple[Quota, ...] = ()
    older_than: float | None = None

    def may_judge(self, tag: str) -> bool:
        """Tell whether the tag is one of those that may go; in doubt it is not."""
        return not self.match or any(pattern.matches(tag, doubt=False) for pattern in self.match)

    def keeps(self, tag: str) -> str:
        """Return the pattern by which the tag is kept, empty without one."""
        return next((pattern.text for pattern in self.keep if pattern.matches(tag, doubt=True)), "")

    def speaks_of(self, tag: str) -> bool:
        """Tell whether some rule could make the tag go; what no rule speaks of is kept."""
        return bool(self.match) or self.older_than is not None or any(quota.speaks_of(tag) for quota in self.keep_n)


def parse(settings: CleanupSettings) -> Policy:
    """Return the policy; UsageError for a pattern that RE2 refuses, and when nothing says what may go."""
    for line in (*settings.match, *settings.keep, *settings.keep_n):
        if not line.text.strip():
            raise UsageError("a line is empty", place=line.place, hint="remove it, or write a pattern")
    if "" in settings.live:
        raise UsageError("an entry is empty", place="cleanup.live", hint="write none to ask for nothing")
    if not (settings.match or settings.keep_n or settings.older_than):
        raise UsageError(
            "nothing says which tags may go",
            place="cleanup",
            hint="set keep_n, older_than or match in .ci-kit.yml, or give --keep-n 10, --older-than 30d, --match REGEX",
        )
    return Policy(
        _patterns(settings.match),
        _patterns(settings.keep),
        tuple(_quota(line) for line in settings.keep_n),
        span.days(settings.older_than),
    )


def pattern(text: str) -> Pattern | None:
    """Return the regular expression for whole tags, None when RE2 refuses it."""
    alone = re2.compiled(text)  # in the brackets below `a)|(b` would be one
    regex = re2.compiled(rf"\A(?:{text})\z") if alone else None
    return Pattern(text, regex, _quick(text)) if regex else None


def _quick(text: str) -> re.Pattern[str] | None:
    repeated = sum(map(text.count, "*+"))
    return re.compile(text, re.ASCII) if repeated <= _MOST_REPEATED and _LIKE_PYTHON.fullmatch(text) else None


def _patterns(lines: Sequence[Placed]) -> tuple[Pattern, ...]:
    return tuple(_pattern(line.text, line.place) for line in lines)


def _pattern(text: str, place: str) -> Pattern:
    found = pattern(text)
    if found is None:
        raise UsageError(f"{text!r} is no regular expression that RE2 takes", place=place, hint="as v[0-9]+\\..*")
    return found


def _quota(line: Placed) -> Quota:
    number, of, text = line.text.partition(" of ")
    return Quota(int(number), _pattern(text, line.place) if of else None)
