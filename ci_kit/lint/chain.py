"""How a place was reached: the includes that led to its file, and what the job extends to have it."""

from collections.abc import Hashable

from ci_kit.language.analyse import Pipeline
from ci_kit.language.extend import links
from ci_kit.model.place import Place
from ci_kit.source.value import Map, Mark


def chain_of(found: Pipeline, at: Mark, job: Hashable = None) -> tuple[str, ...]:
    """Return the includes, the outermost first, then the `extends`, each as `word path:line:column`."""
    includes = [_told("include", mark) for mark in found.chain.get(at[4], ())]
    return (*includes, *(_told("extends", mark) for mark in _extends(found.bases, at, job)))


def _told(word: str, mark: Mark) -> str:
    return f"{word} {Place.of(mark)}"


def _extends(content: Map, at: Mark, job: Hashable) -> tuple[Mark, ...]:
    """Return the ways from the job to the one that it extends and in which `at` stands, the shortest there is."""
    ways: dict[Hashable, tuple[Mark, ...]] = {job: ()}
    waiting = [job]
    for key in waiting:
        value = content.get(key)
        if not isinstance(value, Map):
            continue
        if _holds(value, at):
            return ways[key]
        for link in links(key, value):
            if link.base not in ways:
                ways[link.base] = (*ways[key], link.at)
                waiting.append(link.base)
    return ()


def _holds(value: Map, at: Mark) -> bool:
    """Tell whether a place is in the value itself, or in a keyword that was merged into it."""
    spans = (value.at, *value.keys_at.values(), *value.values_at.values())
    return any(one[4] == at[4] and one[:2] <= at[:2] <= one[2:4] for one in spans)
