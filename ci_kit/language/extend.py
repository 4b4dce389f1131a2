"""`extends`: each job with what it takes over from others.

Source: GitLab docs "CI/CD YAML syntax reference: extends"; gitlab `lib/gitlab/ci/config/extendable`.
"""

from collections.abc import Hashable
from typing import Any, NamedTuple

from ci_kit.language.merge import Budget, TooBig, merge
from ci_kit.language.problem import Problem, Told
from ci_kit.language.ruby import text
from ci_kit.model.nearest import Suggestions
from ci_kit.model.place import Place
from ci_kit.source.value import BadReference, Map, Mark, Reference, Seq, Symbol

_DEEPEST = 11  # hops in a chain
_KEYS = 3_000_000  # copied into jobs; a big configuration takes a tenth


class Link(NamedTuple):
    """One `extends`: the key that is taken over, by which one, and where that is said."""

    base: str
    by: Hashable
    at: Mark


class _Resolved(NamedTuple):
    """A value with what it extends, and in how many hops that is done."""

    value: Map
    hops: int


def extended(content: Map, told: Told) -> Map:
    """Return the content with every `extends` followed that GitLab follows; each that it would not is told."""
    return _Walk(content, told).extended()


def links(by: Hashable, value: Map) -> list[Link]:
    """Return what the value `by` extends; Ruby makes a list of one of what is no list, and pairs of a mapping."""
    said: Any = value.get("extends")
    if said is None:
        return []
    at = value.values_at["extends"]
    if isinstance(said, Reference | BadReference):
        return [Link(text(said), by, at)]
    if isinstance(said, Seq):
        return [Link(text(one), by, mark) for one, mark in zip(said, said.items_at, strict=True)]
    if isinstance(said, Map):
        keys = [(key, Symbol(key) if isinstance(key, str) else key) for key in said]
        return [Link(text((written, said[key])), by, said.keys_at[key]) for key, written in keys]
    return [Link(text(said), by, at)]


class _Walk:
    """One pass over the top-level keys, in the order in which GitLab comes to them; each is worked out once."""

    def __init__(self, content: Map, told: Told) -> None:
        self.content = content
        self.told = told
        self.done: dict[Hashable, _Resolved] = {}
        self.links: dict[Hashable, list[Link]] = {}  # to mappings; what else a key extends was told
        self.circular: set[Hashable] = set()
        self.deep: set[Hashable] = set()
        self.budget = Budget(_KEYS)
        self.suggestions = Suggestions()

    def extended(self) -> Map:
        made = merge(Map(self.content.at), self.content)
        for key, value in self.content.items():
            if isinstance(value, Map) and "extends" in value:
                try:
                    made[key] = self._resolved(key, ()).value
                except TooBig:
                    self.told.tell(Problem("The parsed YAML is too big", value.values_at["extends"], job=key))
                    self.told.damaged.update(self.content)
                    break
        return made

    def _resolved(self, key: Hashable, above: tuple[Link, ...]) -> _Resolved:
        """Return the value at `key` with what it extends, as far as that can be done."""
        value: Map = self.content[key]
        if "extends" not in value:
            return _Resolved(value, 0)
        if key in self.done:
            return self._known(key, above)
        if key not in self.links:
            self.links[key] = self._judged(key, value)
        if len(above) >= _DEEPEST:
            self._tell_deep(key, above)
            return _Resolved(value, 1)
        found = [self._base(link, above) for link in self.links[key]]
        if None in found or any(link.base in self.told.damaged for link in self.links[key]):
            self.told.damaged.add(key)
        self.done[key] = self._merged(value, [one for one in found if one is not None])
        return self.done[key]

    def _known(self, key: Hashable, above: tuple[Link, ...]) -> _Resolved:
        found = self.done[key]
        if len(above) + found.hops > _DEEPEST:
            self._tell_deep(*((key, above) if key in self.deep else self._deepest(key, above)))
        return found

    def _deepest(self, key: Hashable, above: tuple[Link, ...]) -> tuple[Hashable, tuple[Link, ...]]:
        """Return the key at which GitLab gives up, and the way to it."""
        while len(above) < _DEEPEST:
            left = _DEEPEST - len(above) - 1
            done = [link for link in self.links[key] if link.base in self.done]
            deep = [link for link in done if self.done[link.base].hops > left]
            if not deep:
                break
            above = (*above, deep[0])
            key = deep[0].base
        return key, above

    def _base(self, link: Link, above: tuple[Link, ...]) -> _Resolved | None:
        """Return what is taken over, None when that goes in a circle."""
        way = (*above, link)
        names = [one.by for one in way]
        if link.base in names and len(way) < _DEEPEST:
            self._tell_circle(way[names.index(link.base) :])
            return None
        return self._resolved(link.base, way)

    def _merged(self, value: Map, found: list[_Resolved]) -> _Resolved:
        if not found:
            return _Resolved(value, 1)
        made = found[0].value
        for one in found[1:]:
            made = merge(made, one.value, self.budget)
        return _Resolved(merge(made, value, self.budget), 1 + max(one.hops for one in found))

    def _judged(self, key: Hashable, value: Map) -> list[Link]:
        """Return the links to mappings; GitLab stops at the others."""
        named = links(key, value)
        unknown = [link for link in named if link.base not in self.content]
        wrong = [link for link in named if not isinstance(self.content.get(link.base, value), Map)]
        if unknown:
            words = f"{text(key)}: unknown keys in `extends` ({_listed(unknown)})"
            self.told.tell(
                Problem(
                    words, unknown[0].at, self.suggestions.nearest(unknown[0].base, self.content), curable=True, job=key
                )
            )
        if wrong:
            words = f"{text(key)}: invalid base hashes in `extends` ({_listed(wrong)})"
            self.told.tell(Problem(words, wrong[0].at, job=key))
        if unknown or wrong:
            self.told.damaged.add(key)
        return [link for link in named if isinstance(self.content.get(link.base), Map)]

    def _tell_deep(self, key: Hashable, above: tuple[Link, ...]) -> None:
        """Tell it of the first key of a chain only; the whole chain would say the same."""
        first: Hashable = above[0].by if above else key
        self.told.damaged.update((first, key))
        is_news = self.deep.isdisjoint((key, *(link.by for link in above)))
        self._mark_deep(first)
        if not is_news:
            return
        ours = f"more than {_DEEPEST} steps of `extends`: {_way(above)} -> {text(key)} -> ..."
        at = self.content[key].values_at["extends"]
        self.told.tell(Problem(f"{text(key)}: nesting too deep in `extends`", at, ours=ours, job=key))

    def _mark_deep(self, key: Hashable) -> None:
        waiting = [key]
        while waiting:
            one = waiting.pop()
            value = self.content.get(one)
            if one not in self.deep and isinstance(value, Map):
                self.deep.add(one)
                waiting += [link.base for link in links(one, value)]

    def _tell_circle(self, way: tuple[Link, ...]) -> None:
        key = way[0].by
        self.told.damaged.update(link.by for link in way)
        if not self.circular.isdisjoint(link.by for link in way):
            return
        self.circular.update(link.by for link in way)
        words = f"{text(key)}: circular dependency detected in `extends`"
        ours = f"`extends` goes in a circle: {_way(way)} -> {text(key)}"
        self.told.tell(Problem(words, way[0].at, ours=ours, job=key))


def _listed(links: list[Link]) -> str:
    return ", ".join(link.base for link in links)


def _way(links: tuple[Link, ...]) -> str:
    return " -> ".join(f"{text(link.by)} ({Place.of(link.at)})" for link in links)
