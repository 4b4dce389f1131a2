"""Texts with `{{…}}` in them, checked when they are read: `v{{major}}`, `{{date 'YYYYMMDD' tz='UTC'}}`."""

import re
from collections.abc import Callable, Collection
from typing import NamedTuple, TypeAlias

from ci_kit.build.tagging import moment
from ci_kit.model.nearest import nearest

DATES = ("date", "commit_date")
_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_INSIDE = re.compile(r"\s*(?P<name>\w+)(?P<rest>.*)", re.DOTALL | re.ASCII)
_DATE = re.compile(r"""\s+(?P<form>'[^']*'|"[^"]*")(?:\s+tz\s*=\s*(?P<zone>'[^']*'|"[^"]*"))?\s*""", re.ASCII)


class Expression(NamedTuple):
    """One `{{name}}`; `form` and `zone` are those of a date."""

    name: str
    form: str = ""
    zone: str = "UTC"


Template: TypeAlias = tuple[str | Expression, ...]


class TemplateError(Exception):
    """What is wrong with a template: the offset in it, the sentence, the next step."""

    def __init__(self, offset: int, message: str, hint: str) -> None:
        """Keep the three."""
        super().__init__(message)
        self.offset, self.message, self.hint = offset, message, hint


def parse(text: str, known: Collection[str]) -> Template:
    """Return the parts of `text`, whose expressions are of `known` or dates; TemplateError at the first other."""
    parts: list[str | Expression] = []
    end = 0
    for match in _BRACES.finditer(text):
        parts += _literal(text, end, match.start())
        parts.append(_expression(match[1], match.start(), known))
        end = match.end()
    return (*parts, *_literal(text, end, len(text)))


def render(template: Template, value: Callable[[Expression], str], literal: Callable[[str], str] = str) -> str:
    """Return the text: expressions by `value`, what stands between them by `literal`."""
    return "".join(literal(part) if isinstance(part, str) else value(part) for part in template)


def _literal(text: str, start: int, end: int) -> list[str]:
    found = text[start:end]
    if "{{" in found:
        offset = start + found.index("{{")
        raise TemplateError(offset, f"{text[offset : offset + 20]!r} is not closed", "write }} at its end")
    return [found] if found else []


def _expression(text: str, offset: int, known: Collection[str]) -> Expression:
    found = _INSIDE.fullmatch(text)
    name = found["name"] if found else text.strip()
    if found is None or name not in (*known, *DATES):
        names = (*known, *DATES[:1])
        meant = nearest(name, names)
        hint = f"did you mean {{{{{meant}}}}}?" if meant else f"known: {', '.join(names)}"
        raise TemplateError(offset, f"{{{{{name}}}}} is not known here", hint)
    if name in DATES:
        return _of_date(name, found["rest"], offset)
    if found["rest"].strip():
        raise TemplateError(offset, f"{{{{{name}}}}} takes nothing after its name", f"write {{{{{name}}}}}")
    return Expression(name)


def _of_date(name: str, rest: str, offset: int) -> Expression:
    found = _DATE.fullmatch(rest)
    if not found:
        hint = f"write {{{{{name} 'YYYYMMDD'}}}} or {{{{{name} 'YYYYMMDD' tz='Europe/Berlin'}}}}"
        raise TemplateError(offset, f"{{{{{name}}}}} takes a format in quotes", hint)
    zone = found["zone"][1:-1] if found["zone"] else "UTC"
    if moment.zone(zone) is None:
        raise TemplateError(offset, f"the time zone {zone!r} is not known", "write UTC, or install tzdata in the job")
    return Expression(name, found["form"][1:-1], zone)
