"""Regular expressions between slashes, as `coverage:`, `only:` and `rules:if` take them.

Source: GitLab docs "CI/CD expressions"; gitlab `lib/gitlab/untrusted_regexp/ruby_syntax.rb`.
"""

import re
from typing import Any

from ci_kit.language.re2 import compiled

_LITERAL = re.compile(r"/(.*)/([ismU]*)", re.S)


def is_literal(value: Any) -> bool:
    """Tell whether the value is written as a regular expression, good or bad."""
    return isinstance(value, str) and _LITERAL.fullmatch(value) is not None


def is_pattern(value: Any) -> bool:
    """Tell whether the value is a regular expression that RE2 takes."""
    found = _LITERAL.fullmatch(value) if isinstance(value, str) else None
    return found is not None and compiled(found[1].replace("\\/", "/")) is not None
