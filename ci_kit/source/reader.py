"""YAML as GitLab reads it: one pass over libyaml's events, every key and value with its place.

Sources: ruby/psych `to_ruby.rb` (merge keys in document order, last duplicate wins), GitLab docs "YAML optimization".
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

from ci_kit.errors import SourceError
from ci_kit.model.place import Place
from ci_kit.source.scalar import resolve, resolve_tagged
from ci_kit.source.value import NOWHERE, Disallowed, Map, Mark, Reference, Seq

_BYTES = 16 * 1024 * 1024
_DEPTH = 200
_NODES = 2_000_000  # after aliases are followed; a bomb has more
_MERGE = "<<"
_BOM = "\ufeff"
Refused = tuple[Disallowed, Mark]


class YamlError(SourceError):
    """The text is not YAML, or more than we follow. `gitlab` has the words in which GitLab says it."""

    def __init__(self, message: str, *, gitlab: str, hint: str = "", place: str = "") -> None:
        """Keep GitLab's words beside ours."""
        super().__init__(message, hint=hint, place=place)
        self.gitlab = gitlab


class Tree:
    """A file's documents; `data` is the one that counts: the pipeline after a `spec:` header, else the first.

    `at` has the mark of each document, `disallowed` the scalars and containers that Psych refuses to load.
    """

    __slots__ = ("at", "disallowed", "documents", "path")

    def __init__(self, path: str, documents: Sequence[Any], at: Sequence[Mark], disallowed: Sequence[Refused]) -> None:
        """Keep what was read; nothing changes it."""
        self.path = path
        self.documents = tuple(documents)
        self.at = tuple(at)
        self.disallowed = tuple(disallowed)

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
        return self._place(_walk(self.data, keys, self._root())[0])

    def key_place(self, *keys: Hashable) -> Place:
        """Return where the last of `keys` stands, of the nearest one above it when there is none."""
        return self._place(_walk(self.data, keys, self._root())[1])

    def _root(self) -> Mark:
        return self.at[self.index] if self.at else (1, 1, 1, 1, self.path)

    def _place(self, mark: Mark) -> Place:
        return Place(self.path, *mark[:4])


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
    """Return the documents of `text`; YamlError when it is not YAML, too deep, or a bomb of aliases."""
    return _Composer(text, path).compose()


def _is_header(document: Any) -> bool:
    return isinstance(document, dict) and "spec" in document


def _walk(value: Any, keys: tuple[Hashable, ...], root: Mark) -> tuple[Mark, Mark]:
    """Return the marks of the value at `keys` and of its key, as far as they go."""
    value_at, key_at = root, root
    for key in keys:
        if isinstance(value, Map) and key in value:
            value_at, key_at = value.values_at[key], value.keys_at[key]
            value = value[key]
        elif isinstance(value, Seq) and isinstance(key, int) and -len(value) <= key < len(value):
            value_at = key_at = value.items_at[key]
            value = value[key]
        else:
            break
    return value_at, key_at


class _Open:
    """A container that is not closed yet; `key` is waiting for its value when `has_key`."""

    __slots__ = ("anchor", "has_key", "key", "key_at", "key_text", "size", "tag", "value")

    def __init__(self, value: Any, tag: str, anchor: str) -> None:
        """Begin with nothing in it."""
        self.value = value
        self.tag = tag
        self.anchor = anchor
        self.size = 1
        self.has_key = False
        self.key: Hashable = None
        self.key_at: Mark = NOWHERE
        self.key_text = False


class _Anchored(NamedTuple):
    """What an anchor names, and how many nodes that is; `closed` when it may be used."""

    value: Any
    size: int = 1
    closed: bool = False


class _Composer:
    """Builds values from events with a stack of its own: depth costs no recursion."""

    def __init__(self, text: str, path: str) -> None:
        """Begin before the first event."""
        self.text = text
        self.path = path
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Anchored] = {}
        self.documents: list[Any] = []
        self.marks: list[Mark] = []
        self.disallowed: list[Refused] = []

    def compose(self) -> Tree:
        import yaml

        steps: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: self._start_map,
            yaml.SequenceStartEvent: self._start_seq,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.DocumentStartEvent: self._start_document,
        }
        loader = getattr(yaml, "CLoader", yaml.Loader)
        try:
            for event in yaml.parse(self.text, Loader=loader):
                step = steps.get(type(event))
                if step is not None:
                    step(event)
        except yaml.MarkedYAMLError as error:
            raise self._syntax_error(error) from error
        except yaml.YAMLError as error:
            raise self._character_error(error) from error
        return Tree(self.path, self.documents, self.marks, self.disallowed)

    def _start_document(self, event: Any) -> None:
        self.anchors.clear()

    def _scalar(self, event: Any) -> None:
        mark = self._mark(event)
        if event.implicit[1]:
            value: Any = event.value
        elif event.tag is None:
            value = resolve(event.value)
        else:
            value = resolve_tagged(event.value, event.tag, event.style is None)
        if isinstance(value, Disallowed):
            self.disallowed.append((value, mark))
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(value, closed=True)
        self._add(value, mark, 1, text=bool(event.tag and event.tag.endswith(":str")), node="scalar")

    def _alias(self, event: Any) -> None:
        mark = self._mark(event)
        known = self.anchors.get(event.anchor)
        if known is None:
            words = f"Unknown alias: {event.anchor}"
            raise self._error(f"no anchor &{event.anchor} stands before this alias", mark, words, "define it above")
        if not known.closed:
            words = "The parsed YAML is too big"  # GitLab counts it with its aliases followed
            raise self._error(f"*{event.anchor} stands inside its own anchor", mark, words, "take the alias out")
        self._add(known.value, mark, known.size, node="alias")

    def _start_map(self, event: Any) -> None:
        self._open(Map(self._mark(event)), event)

    def _start_seq(self, event: Any) -> None:
        kind = Reference if event.tag == "!reference" else Seq
        self._open(kind(self._mark(event)), event)

    def _open(self, value: Any, event: Any) -> None:
        if len(self.stack) >= _DEPTH:
            raise self._error(f"is nested more than {_DEPTH} levels deep", value.at, "The parsed YAML is too big", "")
        tag = event.tag or ""
        refused = _refused_class(tag, isinstance(value, Map))
        if refused:
            self.disallowed.append((Disallowed(refused, tag), value.at))
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(value)
        self.stack.append(_Open(value, tag, event.anchor or ""))

    def _end(self, event: Any) -> None:
        closed = self.stack.pop()
        value = closed.value
        value.at = _spanning(value, event)
        if closed.tag.endswith(":omap") and isinstance(value, Seq):
            value = _ordered(value)
        if closed.anchor and self.anchors[closed.anchor].value is closed.value:
            self.anchors[closed.anchor] = _Anchored(value, closed.size, closed=True)
        self._add(value, value.at, closed.size, node="map" if isinstance(value, Map) else "seq")

    def _add(self, value: Any, mark: Mark, size: int, *, text: bool = False, node: str) -> None:
        """Put a finished value where it belongs: a document, an item, a key, or the value of a waiting key."""
        if not self.stack:
            self.documents.append(value)
            self.marks.append(mark)
            return
        parent = self.stack[-1]
        parent.size += size
        if parent.size > _NODES:
            raise self._error(
                f"expands to more than {_NODES} values", mark, "The parsed YAML is too big", "use fewer aliases"
            )
        if isinstance(parent.value, Seq):
            parent.value.append(value)
            parent.value.items_at.append(mark)
        elif not parent.has_key:
            parent.key, parent.key_at, parent.key_text, parent.has_key = _hashable(value), mark, text, True
        else:
            parent.has_key = False
            self._set(parent, value, mark, node)

    def _set(self, parent: _Open, value: Any, mark: Mark, node: str) -> None:
        into: Map = parent.value
        if parent.key == _MERGE and not parent.key_text and _merge(into, value, node):
            return
        before = into.keys_at.get(parent.key)
        if before is not None and before[:2] >= into.at[:2]:  # else it was merged in, from an anchor above
            into.duplicates.append((parent.key, parent.key_at))
        into[parent.key] = value
        into.keys_at[parent.key] = parent.key_at
        into.values_at[parent.key] = mark

    def _syntax_error(self, error: Any) -> YamlError:
        at = error.problem_mark or error.context_mark
        mark = (at.line + 1, at.column + 1, at.line + 1, at.column + 1, self.path) if at else NOWHERE
        above = error.context_mark or at
        line, column = (above.line + 1, above.column + 1) if above else (1, 1)
        said = " ".join(filter(None, (error.problem, error.context)))
        return self._error(
            str(error.problem), mark, f"(<unknown>): {said} at line {line} column {column}", "repair the YAML"
        )

    def _character_error(self, error: Any) -> YamlError:
        before = self.text[: max(getattr(error, "position", 0) or 0, 0)]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        reason = getattr(error, "reason", None) or "a character that YAML does not allow"
        mark = (line, column, line, column + 1, self.path)
        return self._error(
            str(reason), mark, f"(<unknown>): {reason} at line {line} column {column}", "remove the character"
        )

    def _mark(self, event: Any) -> Mark:
        start, end = event.start_mark, event.end_mark
        return (start.line + 1, start.column + 1, end.line + 1, end.column + 1, self.path)

    def _error(self, message: str, mark: Mark, gitlab: str, hint: str) -> YamlError:
        return YamlError(
            message, gitlab=gitlab, hint=hint or "split the file", place=f"{self.path}:{mark[0]}:{mark[1]}"
        )


def _spanning(value: Any, event: Any) -> Mark:
    """Return the mark of a container: to its closing bracket, or to the end of its last value in block style."""
    start = value.at
    end = event.end_mark
    if end.line != event.start_mark.line or end.column != event.start_mark.column:
        return (start[0], start[1], end.line + 1, end.column + 1, start[4])
    last = value.items_at[-1] if isinstance(value, Seq) and value else None
    if isinstance(value, Map) and value.values_at:
        last = next(reversed(value.values_at.values()))
    return (start[0], start[1], last[2], last[3], start[4]) if last else start


def _merge(into: Map, value: Any, node: str) -> bool:
    """Merge at this position, as Psych does: what stands before is overridden. False: it is an ordinary key."""
    if isinstance(value, Map) and node in ("alias", "map"):
        _take(into, value)
        return True
    if node == "seq" and all(isinstance(one, Map) for one in value):
        for one in reversed(value):
            _take(into, one)
        return True
    return False


def _ordered(pairs: Seq) -> Map:
    """Return the one mapping that a sequence tagged `!!omap` stands for."""
    made = Map(pairs.at)
    for one in pairs:
        if isinstance(one, Map):
            _take(made, one)
    return made


def _take(into: Map, other: Map) -> None:
    into.update(other)
    into.keys_at.update(other.keys_at)
    into.values_at.update(other.values_at)


def _hashable(value: Any) -> Hashable:
    """Return a key; a container as key becomes a tuple of its parts."""
    if isinstance(value, Map):
        return tuple((_hashable(key), _hashable(part)) for key, part in value.items())
    if isinstance(value, Seq):
        return tuple(_hashable(part) for part in value)
    key: Hashable = value
    return key


def _refused_class(tag: str, is_map: bool) -> str:
    """Return the class that Psych would have to load for a tagged container, empty when the tag is ignored."""
    name = tag.removeprefix("tag:yaml.org,2002:").removeprefix("!")
    if name.startswith("ruby/"):
        return name.rpartition(":")[2].rpartition("/")[2].capitalize()
    if is_map and name == "set":
        return "Psych::Set"
    return ""
