"""libyaml's events as values with their places: one loop with a stack of its own, so that depth costs no recursion.

Sources: ruby/psych `to_ruby.rb` (merge keys in document order, the last duplicate wins, what stands for a class),
`psych_parser.c` (which place the message of a syntax error names).
"""

from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from ci_kit.errors import SourceError
from ci_kit.source import container
from ci_kit.source.position import Exact, Part
from ci_kit.source.scalar import STRING, resolve, resolve_tagged
from ci_kit.source.value import NOWHERE, Disallowed, Map, Mark, Reference, Seq, Symbol, scalar_key

TOO_BIG = "The parsed YAML is too big"
DEPTH = 100  # containers within each other with the root; GitLab's setting `max_yaml_depth`
_MERGED = 2_000_000  # keys that `<<` copies; a bomb copies more
_KEY_VALUES = 100_000  # in containers that are keys
_READABLE = 1000  # levels; libyaml before 0.2.6 takes time by the square of them
_MERGE = "<<"


class YamlError(SourceError):
    """The text is not YAML, or more than we follow. `gitlab` has the words in which GitLab says it."""

    def __init__(self, message: str, mark: Mark, *, gitlab: str, hint: str) -> None:
        """Keep GitLab's words and the place beside our words."""
        super().__init__(message, hint=hint, place=f"{mark[4]}:{mark[0]}:{mark[1]}")
        self.gitlab = gitlab
        self.mark = mark


class Unloaded(YamlError):
    """Psych does not load the value; here it is a Disallowed, or a container whose tag is ignored."""


class Document(NamedTuple):
    """A document; `aliased` and `symbols` tell what is in it.

    `refused` is what Psych does not load, in its order, `excess` what GitLab finds too big after that.
    """

    value: Any
    at: Mark
    refused: Sequence[YamlError] = ()
    excess: Sequence[YamlError] = ()
    aliased: bool = False
    symbols: bool = False


class Composer:
    """The documents of a part of a file."""

    def __init__(self, part: Part) -> None:
        """Begin before the first event."""
        import yaml

        self._yaml: ModuleType = yaml
        self._part = part
        self._exact = None if part.is_simple else Exact(part)

    def documents(self) -> Iterator[Document]:
        """Yield each document; YamlError when what is read next is no YAML. What is not asked for is not read."""
        yaml = self._yaml
        try:
            get_event = getattr(yaml, "CLoader", yaml.Loader)(self._part.text).get_event
            while not isinstance(event := get_event(), yaml.StreamEndEvent):
                if isinstance(event, yaml.DocumentStartEvent):
                    yield _Reading(yaml, self._part, self._exact).document(get_event)
        except yaml.MarkedYAMLError as error:
            raise self._syntax_error(error) from error
        except (yaml.YAMLError, UnicodeError) as error:
            raise self._character_error(error) from error

    def _syntax_error(self, error: Any) -> YamlError:
        """Return what Psych says: its place is that of the context, which a parser's error without one leaves empty."""
        above = error.context_mark
        if above is None and not isinstance(error, self._yaml.parser.ParserError):
            above = error.problem_mark
        line, column = (above.line + 1, above.column + 1) if above else (1, 1)
        said = " ".join(filter(None, (error.problem, error.context)))
        at = error.problem_mark or error.context_mark
        mark = self._at(at.index) if at else NOWHERE
        if "maximum nesting depth" in said:  # libyaml from 0.2.6 on; with the one before GitLab comes to its own limit
            return YamlError(said, mark, gitlab=TOO_BIG, hint="split the file")
        gitlab = f"(<unknown>): {said} at line {line} column {column}"
        return YamlError(str(error.problem), mark, gitlab=gitlab, hint="repair the YAML")

    def _character_error(self, error: Any) -> YamlError:
        """Return what Psych says of a character that YAML does not allow: it never knows the place."""
        reason = getattr(error, "reason", None) or "a character that YAML does not allow"
        if isinstance(error, UnicodeError):
            index, said = getattr(error, "start", 0), "invalid trailing UTF-8 octet"
        else:
            before = self._part.text.encode()[: max(getattr(error, "position", 0) or 0, 0)]
            index, said = len(before.decode("utf-8", "ignore")), reason
        gitlab = f"(<unknown>): {said} at line 1 column 1"
        return YamlError(str(reason), self._at(index), gitlab=gitlab, hint="remove the character")

    def _at(self, index: int) -> Mark:
        line, column = (self._exact or Exact(self._part)).place(index)
        return (line, column, line, column + 1, self._part.path)


class _Reading:
    """One document while it is read."""

    def __init__(self, yaml: ModuleType, part: Part, exact: Exact | None) -> None:
        self.yaml = yaml
        self.part = part
        self.exact = exact.mark if exact else None
        self.line = part.line
        self.known: dict[str, Any] = {}
        self.anchors: dict[str, Any] = {}
        self.refused: list[YamlError] = []
        self.excess: list[YamlError] = []
        self.aliased = False
        self.symbols = False
        self.merged = 0
        self.key_values = iter(range(_KEY_VALUES))

    def document(self, get_event: Callable[[], Any]) -> Document:  # noqa: C901
        """Return the document that has begun.

        Most of a lint's time goes into this loop. So it calls nothing for a plain key or value and keeps in local names
        what it needs: with a function for each event it takes twice as long.
        """
        yaml, exact, line, path = self.yaml, self.exact, self.line, self.part.path
        scalar, alias, map_start, seq_start = (
            yaml.ScalarEvent,
            yaml.AliasEvent,
            yaml.MappingStartEvent,
            yaml.SequenceStartEvent,
        )
        known, unknown = self.known, self
        stack: list[tuple[Any, ...]] = []
        root = Seq(NOWHERE)
        into: Any = root
        is_map = waiting = merging = False
        key, key_at, mark = None, NOWHERE, NOWHERE
        while True:
            event = get_event()
            kind = type(event)
            if kind is scalar:
                start, end = event.start_mark, event.end_mark
                if exact:
                    mark = exact(start, end)
                else:
                    mark = (start.line + line, start.column + 1, end.line + line, end.column + 1, path)
                value = event.value
                if event.tag is not None:
                    value = self._tagged(event, mark)
                elif event.implicit[0]:
                    found = known.get(value, unknown)
                    value = self._plain(value, mark) if found is unknown else found
                if event.anchor is not None:
                    self.anchors[event.anchor] = value
            elif kind is map_start or kind is seq_start:
                stack.append((into, is_map, key, key_at, waiting, merging, event))
                if len(stack) > DEPTH:
                    return self._too_deep(get_event, self._mark(event))
                is_map, waiting = kind is map_start, False
                into = Map(NOWHERE) if is_map else Seq(NOWHERE)
                if event.tag is not None or event.anchor is not None:
                    into = self._opened(into, event)
                continue
            elif kind is alias:
                mark = self._mark(event)
                value = self._alias(event.anchor, mark)
            elif stack:
                value = into
                into, is_map, key, key_at, waiting, merging, begin = stack.pop()
                start, end = begin.start_mark, event.end_mark
                if exact:
                    at = exact(start, end)
                else:
                    at = (start.line + line, start.column + 1, end.line + line, end.column + 1, path)
                if event.start_mark.column == end.column:  # no closing bracket: it ends where its last value does
                    at = (at[0], at[1], mark[2], mark[3], path)
                value.at = mark = at
                if begin.tag is not None:
                    value = self._retagged(value, begin)
            else:
                return self._whole(root[0], root.items_at[0])
            if not is_map:
                into.append(value)
                into.items_at.append(mark)
            elif waiting:
                waiting = False
                if merging and self._merge(into, value, kind is yaml.SequenceEndEvent, mark):
                    continue
                if key in into.keys_at and into.keys_at[key][:2] >= self._mark(stack[-1][-1])[:2]:
                    container.repeat(into, key, key_at)  # else it was merged in, from an anchor above
                into[key] = value
                into.keys_at[key] = key_at
                into.values_at[key] = mark
            else:
                waiting, key_at = True, mark
                key = value
                if type(value) is not str:
                    is_scalar = kind is scalar
                    key = scalar_key(value) if is_scalar else self._bounded(container.hashable, value, mark=mark)
                merging = key == _MERGE and getattr(event, "tag", None) != STRING

    def _plain(self, text: str, mark: Mark) -> Any:
        """Return a plain scalar that is there for the first time, or is refused each time."""
        value = resolve(text)
        if isinstance(value, Disallowed):
            self._refuse(value, mark)
            return value
        self.known[text] = value
        if value is not text:
            self.symbols = self.symbols or isinstance(value, Symbol)
        return value

    def _tagged(self, event: Any, mark: Mark) -> Any:
        value = resolve_tagged(event.value, event.tag)
        if isinstance(value, Disallowed):
            self._refuse(value, mark)
        self.symbols = self.symbols or isinstance(value, Symbol)
        return value

    def _refuse(self, value: Disallowed, mark: Mark) -> None:
        self.refused.append(Unloaded(value.said, mark, gitlab=value.said, hint="put it in quotes"))

    def _opened(self, value: Any, event: Any) -> Any:
        """Return the container that begins with this event; its anchor may be used from now on."""
        tag = event.tag or ""
        if tag == container.REFERENCE and isinstance(value, Seq):
            return Reference(NOWHERE)
        refused = container.refused_class(tag, isinstance(value, Map))
        if refused:
            self._refuse(Disallowed(refused, tag), self._mark(event))
        if event.anchor is not None:
            self.anchors[event.anchor] = value
        return value

    def _retagged(self, value: Any, begin: Any) -> Any:
        made = self._bounded(container.retagged, value, begin.tag, mark=value.at)
        if begin.anchor is not None and self.anchors.get(begin.anchor) is value:
            self.anchors[begin.anchor] = made
        return made

    def _bounded(self, make: Callable[..., Any], *given: Any, mark: Mark) -> Any:
        """Return what is made of a container that is a key, or has one in it."""
        try:
            return make(*given, self.key_values)
        except OverflowError:
            self._too_big("is too big for a key", mark, "take a text as the key")
            return None

    def _alias(self, name: str, mark: Mark) -> Any:
        """Return what the alias stands for, which may be a container that is not closed yet."""
        self.aliased = True
        value = self.anchors.get(name, self)
        if value is not self:
            return value
        words = f"no anchor &{name} stands before this alias"
        self.refused.append(YamlError(words, mark, gitlab=f"Unknown alias: {name}", hint="define it above"))
        return None

    def _merge(self, into: Map, value: Any, is_sequence: bool, mark: Mark) -> bool:
        self.merged += sum(len(one) for one in (value if is_sequence else [value]) if isinstance(one, Map))
        if self.merged > _MERGED:
            self._too_big(f"merges more than {_MERGED} keys", mark, "use extends:")
            return True
        return container.merge(into, value, is_sequence)

    def _too_deep(self, get_event: Callable[[], Any], mark: Mark) -> Document:
        """Read on without keeping anything, as deep as can be: what is no YAML further down GitLab says first."""
        yaml, depth = self.yaml, DEPTH
        while depth < _READABLE and not isinstance(event := get_event(), yaml.DocumentEndEvent):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        self._too_big(f"is nested more than {DEPTH} levels deep", mark, "split the file")
        return self._whole(None, mark)

    def _too_big(self, message: str, mark: Mark, hint: str) -> None:
        if not self.excess:
            self.excess.append(YamlError(message, mark, gitlab=TOO_BIG, hint=hint))

    def _whole(self, value: Any, at: Mark) -> Document:
        return Document(value, at, self.refused, self.excess, self.aliased, self.symbols)

    def _mark(self, event: Any) -> Mark:
        start, end, line = event.start_mark, event.end_mark, self.line
        if self.exact:
            return self.exact(start, end)
        return (start.line + line, start.column + 1, end.line + line, end.column + 1, self.part.path)
