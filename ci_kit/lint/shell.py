"""Shell scripts as far as rules need them: the words of each simple command."""

import re
import shlex
from collections.abc import Iterator
from functools import lru_cache

_CONTINUED = re.compile(r"\\\n\s*")
_HERE = re.compile(r"(?<!<)<<-?\s*['\"]?([A-Za-z_]\w*)['\"]?(?!<)")
_QUOTED_OR_JOINED = re.compile(r"['\"\\;&|()]")  # without one of these the words stand between blanks
_SEPARATORS = frozenset((";", "&", "&&", "|", "||", "(", ")", ";;", "|&"))
_PREFIXES = frozenset(
    ("sudo", "exec", "time", "command", "env", "if", "then", "else", "while", "until", "do", "!", "{")
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


@lru_cache(maxsize=1024)  # each rule asks for the scripts of the same job
def commands(script: str) -> tuple[list[str], ...]:
    """Return the words of each simple command, quotes taken off; variables stay as they are written.

    Lines that cannot be split (a quote that ends in another line) are split at blanks.
    """
    return tuple(_commands(script))


def _commands(script: str) -> Iterator[list[str]]:
    end = ""
    for line in _CONTINUED.sub(" ", script).split("\n"):
        if end:  # the text of a here-document is no command
            end = "" if line.strip() == end else end
            continue
        yield from _of_line(line)
        begun = _HERE.search(line)
        end = begun[1] if begun else ""


def _of_line(line: str) -> Iterator[list[str]]:
    words: list[str] = []
    for word in _split(line):
        if word in _SEPARATORS:
            yield from _command(words)
            words = []
        else:
            words.append(word)
    yield from _command(words)


def _split(line: str) -> list[str]:
    if not line.strip() or line.lstrip().startswith("#"):
        return []
    if not _QUOTED_OR_JOINED.search(line):
        return line.split()
    lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError:
        return line.split()


def _command(words: list[str]) -> Iterator[list[str]]:
    """Yield the words without what stands before the program: assignments, sudo, if."""
    begin = 0
    while begin < len(words) and (words[begin] in _PREFIXES or _ASSIGNMENT.match(words[begin])):
        begin += 1
    rest = words[begin:]
    comment = next((index for index, word in enumerate(rest) if word.startswith("#")), len(rest))
    if rest[:comment]:
        yield rest[:comment]
