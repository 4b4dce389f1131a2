"""The tokens of an expression.

Source: gitlab `lib/gitlab/ci/pipeline/expression/lexer.rb` and `lexeme`.
"""

import re
from typing import NamedTuple

TOKENS = 100  # from here on GitLab refuses
_BLANK = re.compile(r"\s*", re.A)
# the first that fits is taken, not the longest: `nullable` is `null` and a word that is no token
_TOKEN = re.compile(
    r"""(?P<open>\() | (?P<close>\))
    | \$\[\[\s*(?P<input>inputs\.[\w-]+)\s*\]\] | \$(?P<variable>\w+) | "(?P<string>[^"\n]*)" | '(?P<quoted>[^'\n]*)'
    | (?P<pattern>/(?:[^/]|\\/)+[^\\]/[ismU]*)
    | (?P<null>null) | (?P<boolean>\b(?:true|false)\b)
    | (?P<infix>== | =~ | != | !~ | && | \|\|) | (?P<not>!)""",
    re.X | re.A,
)


class Token(NamedTuple):
    """A piece of an expression: its kind, and what counts of its text (a variable without `$`)."""

    kind: str
    text: str


def tokens(text: str) -> list[Token] | None:
    """Return the tokens of the text, None when something in it is no token or they are too many."""
    found: list[Token] = []
    at = _skipped(text, 0)
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(found) + 1 >= TOKENS:
            return None
        kind = str(match.lastgroup)
        found.append(Token("string" if kind == "quoted" else kind, match[kind]))
        at = _skipped(text, match.end())
    return found


def _skipped(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at
