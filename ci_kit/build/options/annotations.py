"""The OCI annotations of an image: those of its labels that OCI names, and those that somebody set.

Sources: OCI "Image Format Specification", "Annotations"; docker docs "Annotations".
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from ci_kit.build.tagging.labels import PREFIX
from ci_kit.model.annotation import Annotation, Level
from ci_kit.model.plan import BuildPlan


def of(
    labels: Mapping[str, str], said: Mapping[str, str], levels: Sequence[Level], *, several: bool
) -> tuple[Annotation, ...]:
    """Return the annotations: each OCI label, then what is `said` as `key` or `index,manifest:key`, which wins.

    What names no level stands at `levels`; without any, at the manifest and, of `several` platforms, the index.
    """
    usual = tuple(levels) or (("manifest", "index") if several else ("manifest",))
    found = {(level, name): value for name, value in labels.items() if name.startswith(PREFIX) for level in usual}
    for key, value in said.items():
        found |= {(level, name): value for level, name in _at(key, usual)}
    return tuple(Annotation(level, name, value) for (level, name), value in found.items())


def at(level: Level, annotations: Sequence[Annotation]) -> dict[str, str]:
    """Return the annotations of one level by name."""
    return {each.name: each.value for each in annotations if each.level == level}


def writable(plan: BuildPlan) -> list[Annotation]:
    """Return the annotations that BuildKit takes: it refuses those of an index where it makes none."""
    has_index = bool(len(plan.platforms) > 1 or plan.attestations)
    return [each for each in plan.annotations if has_index or each.level == "manifest"]


def _at(key: str, usual: Sequence[Level]) -> Iterator[tuple[Level, str]]:
    before, colon, name = key.rpartition(":")
    if not colon:
        yield from ((level, name) for level in usual)
    words = before.split(",")
    yield from ((level, name) for level in get_args(Level) if colon and level in words)
