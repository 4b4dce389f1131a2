"""From text to the header and the content of a pipeline file.

Source: GitLab docs "CI/CD YAML syntax reference: Header keywords"; gitlab `lib/gitlab/config/loader`.
"""

from typing import Any, NamedTuple

from ci_kit.errors import SourceError
from ci_kit.language.problem import Problem, Refused
from ci_kit.source.reader import Tree, YamlError, read
from ci_kit.source.value import NOWHERE, Map, Mark

_MOST = 3  # documents that GitLab tells apart


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
    tree = _tree(text, path)
    if tree.disallowed:
        value, mark = tree.disallowed[0]
        raise Refused(Problem(f"Tried to load unspecified class: {value.name}", mark))
    pairs = zip(tree.documents, tree.at, strict=True)
    found = [_mapping(document, mark) for document, mark in pairs if not _is_blank(document)][:_MOST]
    if len(found) > 1 and "spec" in found[0]:
        return Documents(path, text, found[0], found[-1])
    return Documents(path, text, None, found[0] if found else Map((1, 1, 1, 1, path)))


def _tree(text: str, path: str) -> Tree:
    try:
        return read(text, path)
    except YamlError as error:
        raise Refused(Problem(error.gitlab, _mark(error, path), ours=error.message)) from error


def _mark(error: SourceError, path: str) -> Mark:
    line, column = (int(part) for part in error.place.split(":")[-2:])
    return (line, column, line, column + 1, path)


def _mapping(document: Any, mark: Mark) -> Map:
    if isinstance(document, Map):
        return document
    raise Refused(Problem("Invalid configuration format", mark or NOWHERE))


def _is_blank(document: Any) -> bool:
    return document is None or document is False or document in ("", [], {})
