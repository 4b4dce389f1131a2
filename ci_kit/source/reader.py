"""YAML as GitLab reads it: the values of a file, every key and value with its place.

Sources: GitLab docs "YAML optimization"; ruby/psych.
"""

from collections.abc import Hashable, Sequence
from typing import Any

from ci_kit.errors import SourceError
from ci_kit.model.place import Place
from ci_kit.source.composer import Composer, Document, Unloaded, YamlError
from ci_kit.source.position import Part
from ci_kit.source.value import Map, Mark, Seq, mark_at
from ci_kit.source.weight import excess

__all__ = ["READ", "Tree", "YamlError", "decode", "first", "read"]

_BYTES = 16 * 1024 * 1024
READ = _BYTES + 1  # bytes of a file that are enough to say that it is too big
_BOM = "\ufeff"


class Tree:
    """A file's documents; `data` is the one that counts: the pipeline after a `spec:` header, else the first.

    `at` has the mark of each document.
    """

    __slots__ = ("at", "documents", "path")

    def __init__(self, path: str, documents: Sequence[Any], at: Sequence[Mark]) -> None:
        """Keep what was read; nothing changes it."""
        self.path = path
        self.documents = tuple(documents)
        self.at = tuple(at)

    @property
    def index(self) -> int:
        """The number of the document that counts."""
        return 1 if len(self.documents) > 1 and _is_header(self.documents[0]) else 0

    @property
    def data(self) -> Any:
        """The document that counts; None when there is none."""
        return self.documents[self.index] if self.documents else None

    def place(self, *keys: Hashable) -> Place:
        """Return where the value at `keys` stands, of the nearest one above it when there is none."""
        data = self.data
        mark = mark_at(data, keys) if isinstance(data, Map | Seq) else self.at[self.index] if self.at else None
        return Place(self.path, *(mark or (1, 1, 1, 1))[:4])


def decode(content: bytes, path: str) -> str:
    """Return the text of a file without its byte order mark; SourceError when it is not UTF-8, or too big."""
    if len(content) > _BYTES:
        raise SourceError(f"is bigger than {_BYTES // 1024 // 1024} MiB", place=path, hint="split it with include:")
    try:
        return content.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        line = before.count(b"\n") + 1
        place = f"{path}:{line}:{column}"
        raise SourceError("is not UTF-8 here", place=place, hint="save the file as UTF-8") from error


def read(text: str, path: str) -> Tree:
    """Return the documents of `text`; YamlError when it is not YAML, too deep, or a bomb of aliases.

    What Psych refuses to load is there as a Disallowed.
    """
    documents = []
    for one in Composer(Part(path, text, 0, len(text))).documents():
        for error in (*one.refused, *one.excess, *excess(one)):
            if not isinstance(error, Unloaded):
                raise error
        documents.append(one)
    return Tree(path, [one.value for one in documents], [one.at for one in documents])


def first(part: Part) -> Document | None:
    """Return the first document of a part of a file, None when it has none; YamlError when that is not YAML.

    What follows the document is not read. GitLab's limits are not kept: `refused` and `excess` tell of them.
    """
    found = next(Composer(part).documents(), None)
    return found and found._replace(excess=(*found.excess, *excess(found)))


def _is_header(document: Any) -> bool:
    return isinstance(document, dict) and "spec" in document
