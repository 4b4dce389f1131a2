"""`include:`: local files are merged under the file that includes them; the others are left open.

Source: GitLab docs "Use CI/CD configuration from other files".
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ci_kit.language.file import File, open_file
from ci_kit.language.merge import merge
from ci_kit.source.reader import YamlError
from ci_kit.source.value import Map, Mark

Fetcher = Callable[[str], str | None]  # a path from the project's root -> its text, None when there is none
_LIMIT = 150
_KINDS = ("project", "remote", "template", "component", "artifact")


@dataclass(slots=True)
class Included:
    """What the includes of a root amount to; `origin` tells for a value's id in which file it stands."""

    content: Any = None
    errors: list[tuple[str, Mark]] = field(default_factory=list)
    unresolved: list[tuple[str, Mark]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)


def resolve(root: File, fetch: Fetcher) -> Included:
    """Return the root with its local includes merged in; errors are in GitLab's words, the first one ends the work."""
    found = Included(files=[root])
    found.content = _resolve(root, fetch, found)
    return found


def _resolve(file: File, fetch: Fetcher, found: Included) -> Any:
    content = file.content
    if not isinstance(content, Map) or content.get("include") in (None, [], ""):
        return content
    merged: Map | None = None
    for one, mark in _each(content):
        if found.errors:
            return content
        below = _one(one, mark, fetch, found)
        if isinstance(below, Map):
            merged = below if merged is None else merge(merged, below)
    return content if merged is None else merge(merged, content)


def _each(content: Map) -> Iterator[tuple[Any, Mark]]:
    said = content["include"]
    if isinstance(said, list):
        yield from zip(said, getattr(said, "items_at", [content.values_at["include"]] * len(said)), strict=False)
    else:
        yield said, content.values_at["include"]


def _one(said: Any, mark: Mark, fetch: Fetcher, found: Included) -> Any:
    given: dict[Hashable, Any] = {}
    if isinstance(said, Map):
        kind = next((kind for kind in _KINDS if said.get(kind)), "")
        if kind:
            found.unresolved.append((f"{kind}: {said[kind]}", mark))
            return None
        given = said["inputs"] if isinstance(said.get("inputs"), dict) else {}
    path = said.get("local") if isinstance(said, Map) else said
    if not isinstance(path, str) or not path:
        found.errors.append(("Each include must be a hash or a string", mark))
        return None
    if "://" in path or "$" in path or "*" in path:
        found.unresolved.append((path, mark))
        return None
    return _local(path, given, mark, fetch, found)


def _local(path: str, given: dict[Hashable, Any], mark: Mark, fetch: Fetcher, found: Included) -> Any:
    name = path.lstrip("/")
    if not name.lower().endswith((".yml", ".yaml")):
        found.errors.append((f"Included file `{path}` does not have YAML extension!", mark))
        return None
    if len(found.files) > _LIMIT:
        found.errors.append((f"Maximum of {_LIMIT} nested includes are allowed!", mark))
        return None
    text = fetch(name)
    if text is None or not text.strip():
        found.errors.append((f"Local file `{path}` {'does not exist' if text is None else 'is empty'}!", mark))
        return None
    try:
        file = open_file(text, name, given)
    except YamlError as error:
        found.errors.append((f"`{path}`: {error.gitlab}", mark))
        return None
    found.files.append(file)
    return _resolve(file, fetch, found)
