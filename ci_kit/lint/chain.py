"""How a place was reached: the includes that led to its file, and what the job extends to have it."""

from collections.abc import Hashable, Iterator

from ci_kit.language.analyse import Pipeline
from ci_kit.source.value import Map, Mark, Seq


def chain_of(found: Pipeline, at: Mark, job: Hashable = None) -> tuple[str, ...]:
    """Return the includes, the outermost first, then the `extends`, each as `word path:line:column`."""
    includes = [_told("include", mark) for mark in found.chain.get(at[4], ())]
    return (*includes, *(_told("extends", mark) for mark in _extends(found.bases, at, job)))


def _told(word: str, mark: Mark) -> str:
    return f"{word} {mark[4]}:{mark[0]}:{mark[1]}"


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
        for base, mark in _bases(value):
            if base not in ways:
                ways[base] = (*ways[key], mark)
                waiting.append(base)
    return ()


def _holds(value: Map, at: Mark) -> bool:
    """Tell whether a place is in the value itself, or in a keyword that was merged into it."""
    spans = (value.at, *value.keys_at.values(), *value.values_at.values())
    return any(one[4] == at[4] and one[:2] <= at[:2] <= one[2:4] for one in spans)


def _bases(value: Map) -> Iterator[tuple[Hashable, Mark]]:
    named = value.get("extends")
    if isinstance(named, str):
        yield named, value.values_at["extends"]
    elif isinstance(named, Seq):
        yield from ((str(one), at) for one, at in zip(named, named.items_at, strict=True))
