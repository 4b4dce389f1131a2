"""`!reference`: the value it names, in its place.

Source: GitLab docs "CI/CD YAML syntax reference: !reference tags"; gitlab `lib/gitlab/ci/config/yaml/tags`.
"""

from typing import Any

from ci_kit.language.fault import shown
from ci_kit.language.problem import Refused, Told, refuse
from ci_kit.source.value import BadReference, Map, Mark, Reference, Seq

_HOPS = 100  # from one reference to the next; GitLab has no limit, Python's stack has
_VALUES = 1_000_000  # put in place; lists that name each other twice double with each hop


def dereferenced(content: Map, told: Told) -> Map:
    """Return the content with each `!reference` replaced by what it names; one that names nothing is told."""
    try:
        made = _Walk(content).replaced(content, content.at, ())
    except Refused as refused:
        told.tell(refused.problem)
        return content
    return made if isinstance(made, Map) else content


class _Walk:
    """One pass over a root; it counts what it puts in place."""

    def __init__(self, root: Map) -> None:
        self.root = root
        self.values = 0

    def replaced(self, value: Any, at: Mark, above: tuple[str, ...]) -> Any:
        self.values += 1
        if self.values > _VALUES:
            raise refuse("The parsed YAML is too big", at)
        if isinstance(value, Reference):
            return self._target(value, at, above)
        if isinstance(value, BadReference):
            raise refuse(f"!reference {shown([value])[1:-1]} is not valid", at)
        if isinstance(value, Map):
            return self._map(value, above)
        return self._seq(value, above) if isinstance(value, Seq) else value

    def _map(self, value: Map, above: tuple[str, ...]) -> Map:
        made = Map(value.at)
        for key, part in value.items():
            made[key] = self.replaced(part, value.values_at[key], above)
        made.keys_at, made.values_at = value.keys_at, value.values_at
        return made

    def _seq(self, value: Seq, above: tuple[str, ...]) -> Seq:
        made = Seq(value.at)
        made.items_at = value.items_at
        made.extend(self.replaced(item, mark, above) for item, mark in zip(value, value.items_at, strict=True))
        return made

    def _target(self, reference: Reference, at: Mark, above: tuple[str, ...]) -> Any:
        written = f"!reference {shown(list(reference))}"
        if not reference or not all(isinstance(part, str) for part in reference):
            raise refuse(f"{written} is not valid", at)
        if written in above or len(above) > _HOPS:
            raise refuse(f"{written} is part of a circular chain", at)
        value: Any = self.root
        for key in reference:
            if not isinstance(value, Map) or value.get(key) is None or value[key] is False:
                raise refuse(f"{written} could not be found", at, curable=True)
            at, value = value.values_at[key], value[key]
        return self.replaced(value, at, (*above, written))
