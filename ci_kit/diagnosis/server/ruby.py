"""A small reader of gitlab.rb: assignments of strings, numbers, booleans, arrays and hashes, each with its line.

What it cannot read, as a call or a condition, it leaves out; Ruby itself is not run. Source: Ruby docs "Literals".
"""

import re

from ci_kit.diagnosis.server.setting import Setting

_NAME = r"(?P<name>[a-z_]\w*(?:\[\s*['\"][\w-]+['\"]\s*\])*)"
# `external_url "…"` is a call without brackets, all others are assignments.
_START = re.compile(rf"(?:^|;)[ \t]*(?:{_NAME}[ \t]*=(?![=~>])|(?P<call>(?:\w+_)?external_url)[ \t(]+(?=['\"]))", re.M)
_TOKEN = re.compile(
    r"""\s*(?:\#[^\n]*|(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>-?\d[\d_]*(?:\.\d+)?)"""
    r"""|(?P<arrow>=>)|(?P<mark>[\[\]{},])|(?P<key>[A-Za-z_]\w*:(?!:))|(?P<symbol>:[A-Za-z_]\w*)|(?P<word>[A-Za-z_]\w*))"""
)
_WORDS: dict[str, object] = {"true": True, "false": False, "nil": None}
_DEPTH = 20


class _Unreadable(Exception):
    """A value that is no literal."""


def read(text: str, path: str, first: int = 1) -> dict[str, Setting]:
    """Return the settings of `text` by name, as `registry_nginx['listen_port']`; the last one of a name counts.

    `first` is the number of its first line in the file `path`.
    """
    plain = _without_comments(text)
    found: dict[str, Setting] = {}
    for match in _START.finditer(plain):
        name = re.sub(r"\s|\"", lambda part: "'" if part[0] == '"' else "", match["name"] or match["call"])
        line = first + text.count("\n", 0, match.end())
        try:
            value, _ = _value(plain, match.end(), 0)
        except _Unreadable:
            continue
        found[name] = Setting(value, f"{path}:{line}")
    return found


def _without_comments(text: str) -> str:
    """Return `text` with blanks for comments, so that every place stays."""

    def blank(line: str) -> str:
        end = _comment(line)
        return line if end < 0 else line[:end] + " " * (len(line) - end)

    return "\n".join(map(blank, text.split("\n")))


def _comment(line: str) -> int:
    """Return where the comment of a line begins, -1 without one; a # inside of quotes is none."""
    quote, skip = "", False
    for index, letter in enumerate(line):
        if skip:
            skip = False
        elif letter == "\\":
            skip = True
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#":
            return index
    return -1


def _value(text: str, at: int, depth: int) -> tuple[object, int]:
    """Return the literal at `at` and where it ends; _Unreadable for anything else."""
    token = _token(text, at)
    if depth > _DEPTH:
        raise _Unreadable
    if token["string"]:
        return _string(token["string"]), token.end()
    if token["number"]:
        number = token["number"].replace("_", "")
        return float(number) if "." in number else int(number), token.end()
    if token["symbol"]:
        return token["symbol"][1:], token.end()
    if token["word"] in _WORDS:
        return _WORDS[token["word"]], token.end()
    if token["mark"] == "[":
        return _list(text, token.end(), depth)
    if token["mark"] == "{":
        return _hash(text, token.end(), depth)
    raise _Unreadable


def _token(text: str, at: int) -> re.Match[str]:
    found = _TOKEN.match(text, at)
    if found is None or found.end() == at:
        raise _Unreadable
    return found


def _string(quoted: str) -> str:
    if "#{" in quoted and quoted[0] == '"':
        raise _Unreadable
    return re.sub(r"\\(.)", r"\1", quoted[1:-1])


def _list(text: str, at: int, depth: int) -> tuple[list[object], int]:
    items: list[object] = []
    while True:
        token = _token(text, at)
        if token["mark"] == "]":
            return items, token.end()
        if token["mark"] == ",":
            at = token.end()
            continue
        value, at = _value(text, at, depth + 1)
        items.append(value)


def _hash(text: str, at: int, depth: int) -> tuple[dict[str, object], int]:
    pairs: dict[str, object] = {}
    while True:
        token = _token(text, at)
        if token["mark"] == "}":
            return pairs, token.end()
        if token["mark"] == ",":
            at = token.end()
            continue
        name, at = _key(text, at, depth)
        pairs[name], at = _value(text, at, depth + 1)


def _key(text: str, at: int, depth: int) -> tuple[str, int]:
    """Return a key of a hash, in either way to write one, and where its value begins."""
    token = _token(text, at)
    if token["key"]:
        return token["key"][:-1], token.end()
    name, at = _value(text, at, depth + 1)
    arrow = _token(text, at)
    if not arrow["arrow"]:
        raise _Unreadable
    return str(name), arrow.end()
