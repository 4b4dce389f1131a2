"""`$[[ … ]]`: every block in keys and values replaced by what it names.

Sources: GitLab docs "CI/CD inputs"; gitlab `lib/gitlab/ci/config/interpolation` (config.rb, template.rb).
"""

from collections.abc import Hashable, Sequence
from typing import Any

from ci_kit.language.block import BEGIN, Block, Context, blocks, evaluated, input_name
from ci_kit.language.documents import Documents
from ci_kit.language.problem import Problem, Refused, Told, refuse
from ci_kit.language.ruby import replaced, text
from ci_kit.language.unknown import Unknown
from ci_kit.model.nearest import nearest
from ci_kit.source.lines import lines_of
from ci_kit.source.value import BadReference, ListKey, Map, MapKey, Mark, Reference, Seq, Symbol, scalar_key

_BLOCKS = 10_000  # that differ
_NODES = 500_000  # keys and values; what is a symbol to Ruby counts twice
_TEXT = 1024 * 1024  # bytes
_SMALL = _TEXT // 4  # characters that are never more bytes than that
_MADE = 32 * _TEXT  # characters that come of all blocks together; GitLab has no limit, memory has
_FEW = 100  # blocks in a text that are replaced one after the other, as GitLab does it


def replaced_in(file: Documents, context: Context, told: Told) -> Map:
    """Return the content of a file with its blocks replaced: alone one keeps its type, within a text it becomes text.

    What a block is refused for is told once, and a stand-in takes its place; GitLab stops at the first.
    """
    try:
        return _Walk(file, context, told).content()
    except Refused as refused:
        told.tell(refused.problem)
        told.damaged.update(file.content)
        return file.content


def place_of(block: str, at: Mark, lines: Sequence[str]) -> Mark:
    """Return where a block stands within the scalar at `at`: the scalar if it has several lines, or spells it anew."""
    if at[0] != at[2] or at[0] > len(lines):
        return at
    column = lines[at[0] - 1].find(block, at[1] - 1, at[3] - 1) + 1
    return (at[0], column, at[0], column + len(block), at[4]) if column else at


class _Walk:
    """One pass over the content of a file; it counts what it meets, and keeps what each block came to."""

    def __init__(self, file: Documents, context: Context, told: Told) -> None:
        self.file = file
        self.context = context
        self.told = told
        self.nodes = 0
        self.made = 0
        self.lines: list[str] = []
        self.values: dict[str, Any] = {}
        self.is_damaged = False

    def content(self) -> Map:
        self._count(1, self.file.content.at)
        return self._map(self.file.content, is_top=True)

    def _value(self, value: Any, at: Mark) -> Any:
        if isinstance(value, str):
            return value if BEGIN not in value and len(value) <= _SMALL else self._scalar(value, at)
        if isinstance(value, Map):
            return self._map(value)
        if isinstance(value, Seq):
            return self._seq(value)
        return self._scalar(value, at) if isinstance(value, Symbol) else value

    def _scalar(self, value: str | Symbol, at: Mark) -> Any:
        if isinstance(value, Symbol):
            self._count(1, at)  # GitLab makes a text of it and counts that too
            return self._text(value.name, at)
        return value if isinstance(value, BadReference) else self._text(value, at)

    def _map(self, value: Map, *, is_top: bool = False) -> Map:
        self._count(3 * len(value), value.at)  # a key, which is a symbol to Ruby, its text, and the value
        made = Map(value.at)
        made.duplicates = value.duplicates
        for key, part in value.items():
            name = key
            if not isinstance(key, str) or BEGIN in key or len(key) > _SMALL:
                name = self._key(key, value.keys_at[key])
            made[name] = self._value(part, value.values_at[key])
            made.keys_at[name], made.values_at[name] = value.keys_at[key], value.values_at[key]
            if is_top and self.is_damaged:
                self.told.damaged.add(name)
                self.is_damaged = False
        return made

    def _key(self, key: Hashable, at: Mark) -> Hashable:
        if isinstance(key, str | Symbol):
            return _hashable(self._text(key if isinstance(key, str) else key.name, at))
        self.nodes -= 1
        return key

    def _seq(self, value: Seq) -> Seq:
        """Return the list; an input of the type array that is an item of its own is spliced in."""
        self._count(len(value), value.at)
        if isinstance(value, Reference):
            self.nodes -= len(value)
            return value  # to GitLab it is no list, but one thing that it does not look into
        made = Seq(value.at)
        for item, mark in zip(value, value.items_at, strict=True):
            part = self._value(item, mark)
            if part is not item and isinstance(part, Seq) and isinstance(item, str):
                self._grow(len(part), mark)
                made.extend(part)
                made.items_at.extend([mark] * len(part))
            else:
                made.append(part)
                made.items_at.append(mark)
        return made

    def _text(self, whole: str, at: Mark) -> Any:
        if len(whole) > _SMALL and len(whole.encode("utf-8", "replace")) > _TEXT:
            raise refuse("config node too large", at)
        if BEGIN not in whole:
            return whole
        found = list(blocks(whole))
        values = [self._block(block, whole, at) for block in found]
        if len(found) == 1 and found[0].whole == whole:
            return values[0]
        return self._within(whole, found, values, at) if found else whole

    def _block(self, block: Block, whole: str, at: Mark) -> Any:
        if block.whole not in self.values:
            if len(self.values) >= _BLOCKS:
                raise refuse("too many interpolation blocks", at)
            value, messages = evaluated(block, self.context)
            if messages:
                self._tell(block, messages, at)
                value = Unknown(block.whole)
            self.values[block.whole] = value, bool(messages)
        value, is_wrong = self.values[block.whole]
        self.is_damaged = self.is_damaged or is_wrong
        return value

    def _within(self, whole: str, found: Sequence[Block], values: Sequence[Any], at: Mark) -> str:
        written = [text(value) for value in values]
        self._grow(len(whole) + sum(map(len, written)), at)
        if len(found) > _FEW:
            made = _in_one_pass(whole, found, written)
        else:
            made = whole
            for block, new in zip(found, written, strict=True):
                self._grow(made.count(block.whole) * len(new), at)
                made = replaced(made, block.whole, new)
        return Unknown(made) if any(isinstance(value, Unknown) for value in values) else made

    def _tell(self, block: Block, messages: Sequence[str], at: Mark) -> None:
        self.lines = self.lines or lines_of(self.file.text)
        place = place_of(block.whole, at, self.lines) if at[4] == self.file.path else at
        name = input_name(block.data)
        for message in dict.fromkeys(messages):
            meant = nearest(name, self.context.inputs) if name and f"provided: `{name}`" in message else ""
            self.told.tell(Problem(message, place, meant), ", ".join(messages[:3]))

    def _count(self, nodes: int, at: Mark) -> None:
        self.nodes += nodes
        if self.nodes > _NODES:
            raise refuse("config too large", at)

    def _grow(self, by: int, at: Mark) -> None:
        self.made += by
        if self.made > _MADE:
            raise refuse("config too large", at)


def _in_one_pass(whole: str, found: Sequence[Block], written: Sequence[str]) -> str:
    pieces, done = [], 0
    for block, new in zip(found, written, strict=True):
        pieces += [whole[done : block.begin], replaced(block.whole, block.whole, new)]
        done = block.begin + len(block.whole)
    return "".join([*pieces, whole[done:]])


def _hashable(value: Any) -> Hashable:
    """Return what a block came to as a key; a container becomes a tuple of its parts."""
    if isinstance(value, Map):
        return MapKey([(_hashable(key), _hashable(part)) for key, part in value.items()])
    if isinstance(value, Seq):
        return ListKey(map(_hashable, value))
    return scalar_key(value.name if isinstance(value, Symbol) else value)
