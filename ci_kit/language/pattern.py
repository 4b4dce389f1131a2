"""Regular expressions between slashes, as `coverage:`, `only:` and `rules:if` take them.

Source: GitLab docs "CI/CD expressions"; gitlab `lib/gitlab/untrusted_regexp/ruby_syntax.rb`.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

_LITERAL = r"(?m)^/(.*)/([ismU]*)$"  # one line of a text is enough for GitLab


class Pattern(NamedTuple):
    """A regular expression that RE2 takes, flags in front."""

    source: str

    def is_in(self, text: str) -> bool:
        """Tell whether some part of the text matches."""
        from ci_kit.language.re2 import compiled, is_found

        regex = compiled(self.source)
        return regex is not None and is_found(regex, text)


def is_literal(value: Any) -> bool:
    """Tell whether the value is written as a regular expression, good or bad."""
    return isinstance(value, str) and re.search(_LITERAL, value) is not None


def is_pattern(value: Any) -> bool:
    """Tell whether the value is a regular expression that RE2 takes."""
    return isinstance(value, str) and pattern(value) is not None


@lru_cache(maxsize=4096)
def pattern(text: str) -> Pattern | None:
    """Return what stands between the slashes, None when there are none or RE2 refuses it."""
    from ci_kit.language.re2 import compiled

    found = re.search(_LITERAL, text)
    if found is None:
        return None
    source = f"(?{found[2]}){found[1]}" if found[2] else found[1]
    return Pattern(source) if compiled(source) is not None else None
