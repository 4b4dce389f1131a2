r"""One rule as it is written, `type=semver,pattern={{version}}`, in its fields: key, value and column.

A comma ends a field, except inside `{{…}}` and `"…"`. A field that begins with a quote ends with it, as in CSV:
`"pattern=v(\d{1,3})"`; a quote in such a field is written twice.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from ci_kit.build.tagging import template
from ci_kit.build.tagging.template import Template, TemplateError
from ci_kit.errors import UsageError

_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?:,|\Z)')
_PIECE = re.compile(r'\{\{.*?\}\}|"[^"]*"|[^,"{]+|\{', re.DOTALL)
_KEYED = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_-]*)\s*=", re.ASCII)

BARE = ""  # the key of a field that is only a value


class Field(NamedTuple):
    """A value and the column, from 1, at which it begins."""

    value: str
    column: int


class Fields(NamedTuple):
    """The fields of the rule `text`, by key in lower case; `place` is a flag, a variable or `file:line:column`."""

    text: str
    place: str
    by_key: Mapping[str, Field]

    def value(self, key: str, default: str = "") -> str:
        """Return the value of `key`."""
        return self.by_key[key].value if key in self.by_key else default

    def template(self, key: str, known: tuple[str, ...]) -> Template:
        """Return the value of `key` as a template; UsageError names an expression that is not `known`."""
        try:
            return template.parse(self.value(key), known)
        except TemplateError as error:
            raise self.wrong(key, error.message, error.hint, error.offset) from error

    def pattern(self, key: str) -> re.Pattern[str]:
        """Return the value of `key` as a regular expression, `…` or `/…/i`; UsageError when it is none."""
        said = self.value(key)
        framed = re.fullmatch(r"/(.+)/(i?)", said, re.DOTALL)
        text, flags = (framed[1], framed[2]) if framed else (said, "")
        try:
            return re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", text), re.IGNORECASE if flags else 0)
        except (re.error, OverflowError, RecursionError) as error:
            raise self.wrong(key, f"{said!r} is no regular expression: {error}", "try it on a git tag") from error

    def wrong(self, key: str, message: str, hint: str, offset: int = 0) -> UsageError:
        """Return the failure that is about `key`, with the rule and the column in it."""
        column = self.by_key[key].column + offset if key in self.by_key else 1
        return _wrong(self.text, self.place, column, f"{key}: {message}" if key else message, hint)


def split(text: str, place: str) -> Fields:
    """Return the fields of a rule; UsageError when a quote is open or a key is there twice."""
    found: dict[str, Field] = {}
    position = 0
    while position < len(text):
        written = _quoted(text, position) or _plain(text, position)
        if written is None:
            hint = 'put the whole field in quotes, and write "" for a quote in it'
            raise _wrong(text, place, text.index('"', position) + 1, "a quote is not closed", hint)
        key, field = _field(written)
        if key in found:
            what = f"{key} is there twice" if key else f"{field.value!r} is a second value"
            raise _wrong(text, place, field.column, what, 'a comma in a value? put the field in quotes: "key=a,b"')
        found[key] = field
        position = written.end
    return Fields(text, place, found)


class _Written(NamedTuple):
    """A field as it stands there: its text, where that begins, and where the next field does."""

    inside: str
    begin: int
    end: int


def _quoted(text: str, position: int) -> _Written | None:
    match = _QUOTED.match(text, position)
    return _Written(match[1].replace('""', '"'), match.start(1), match.end()) if match else None


def _plain(text: str, position: int) -> _Written | None:
    """Return the field up to the next comma outside of quotes and braces; None when a quote is open."""
    end = position
    while end < len(text) and text[end] != ",":
        piece = _PIECE.match(text, end)
        if piece is None:
            return None
        end = piece.end()
    return _Written(text[position:end], position, end + 1)


def _field(written: _Written) -> tuple[str, Field]:
    keyed = _KEYED.match(written.inside)
    begin = keyed.end() if keyed else 0
    value = written.inside[begin:]
    column = written.begin + begin + len(value) - len(value.lstrip()) + 1
    return keyed[1].lower() if keyed else BARE, Field(value.strip(), column)


def _wrong(text: str, place: str, column: int, message: str, hint: str) -> UsageError:
    return UsageError(f"tag rule {text[:200]!r}, column {column}: {message}", place=place, hint=hint)
