"""From text to the header and the content of a pipeline file.

Sources: GitLab docs "CI/CD YAML syntax reference: Header keywords"; gitlab `lib/gitlab/config/loader`,
`lib/gitlab/ci/config/yaml/loader.rb`.
"""

import re
from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from ci_kit.language.fault import is_blank
from ci_kit.language.problem import Problem, Refused
from ci_kit.source.composer import Document
from ci_kit.source.position import Part
from ci_kit.source.reader import YamlError, first
from ci_kit.source.value import Map, Mark, Reference, Seq, Symbol

_BYTES = 2 * 1024 * 1024  # of one document's text; GitLab's setting `max_yaml_size_bytes`
_DIVIDERS = 2  # further ones stay in the third document
# GitLab divides the text before it reads YAML, so a divider within a text divides too.
_DIVIDER = r"(?ma)^---\s+"


class Documents(NamedTuple):
    """A file: the `spec:` header, None when there is none, and the content, an empty Map when there is none."""

    path: str
    text: str
    header: Map | None
    content: Map


def load(text: str, path: str) -> Documents:
    """Return header and content of `text`; Refused in GitLab's words when it is no YAML or no mapping."""
    if not text.strip():
        raise Refused(Problem("Please provide content of .gitlab-ci.yml", (1, 1, 1, 1, path)))
    try:
        read = [document for part in _parts(text, path) if (document := _document(part))]
        found = [_mapping(document) for document in read if document.excess or not is_blank(document.value)]
    except YamlError as error:
        ours = "" if error.message == error.gitlab else error.message
        raise Refused(Problem(error.gitlab, _mark(error), ours=ours)) from error
    if len(found) > 1 and "spec" in found[0]:
        return Documents(path, text, found[0], found[-1])
    return Documents(path, text, None, found[0] if found else Map((1, 1, 1, 1, path)))


def _parts(text: str, path: str) -> Iterator[Part]:
    begin = 0
    for divider in islice(re.finditer(_DIVIDER, text) if "---" in text else (), _DIVIDERS):
        yield Part(path, text, begin, divider.start())
        begin = divider.end()
    yield Part(path, text, begin, len(text))


def _document(part: Part) -> Document | None:
    """Return what the part holds; what is too big in it GitLab says after it has read all parts."""
    _require_short(part)
    document = first(part)
    for error in document.refused if document else ():
        raise error
    return document


def _require_short(part: Part) -> None:
    text = part.text
    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    if size > _BYTES:
        raise Refused(Problem("The provided YAML is too big", (part.line, 1, part.line, 1, part.path)))


def _mark(error: YamlError) -> Mark:
    line, column, _, _, path = error.mark
    return (line, column, line, column + 1, path)


def _mapping(document: Document) -> Map:
    for error in document.excess:
        raise error
    if not isinstance(document.value, Map):
        raise Refused(Problem("Invalid configuration format", document.at))
    if document.symbols:
        _name_keys(document.value)
    return document.value


def _name_keys(root: Map) -> None:
    """Turn keys that are symbols into texts: to GitLab `:job` and `job` are the same key."""
    stack: list[Any] = [root]
    seen: set[int] = set()
    while stack:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Map):
            if any(isinstance(key, Symbol) for key in value):
                _rename(value)
            stack.extend(value.values())
        elif isinstance(value, Seq) and not isinstance(value, Reference):
            stack.extend(value)


def _rename(value: Map) -> None:
    for pairs in (value, value.keys_at, value.values_at):
        named: dict[Hashable, Any] = {}
        for key, part in pairs.items():
            named[key.name if isinstance(key, Symbol) else key] = part
        pairs.clear()
        pairs.update(named)
