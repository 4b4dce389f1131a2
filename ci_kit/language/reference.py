"""`!reference`: the value it names, in its place.

Source: GitLab docs "CI/CD YAML syntax reference: !reference tags"; gitlab `lib/gitlab/ci/config/yaml/tags`.
"""

from typing import Any

from ci_kit.language.fault import shown
from ci_kit.language.problem import Problem, Refused
from ci_kit.source.value import BadReference, Map, Mark, Reference, Seq


def dereferenced(content: Map) -> Map:
    """Return the content with each `!reference` replaced by what it names; Refused when it names nothing."""
    made = _replaced(content, content, content.at, ())
    return made if isinstance(made, Map) else content


def _replaced(value: Any, root: Map, at: Mark, above: tuple[str, ...]) -> Any:
    if isinstance(value, Reference):
        return _target(value, root, at, above)
    if isinstance(value, BadReference):
        raise _refused(f"!reference {shown([value])[1:-1]} is not valid", at)
    if isinstance(value, Map):
        return _replaced_map(value, root, above)
    if isinstance(value, Seq):
        return _replaced_seq(value, root, above)
    return value


def _replaced_map(value: Map, root: Map, above: tuple[str, ...]) -> Map:
    made = Map(value.at)
    for key, part in value.items():
        made[key] = _replaced(part, root, value.values_at[key], above)
    made.keys_at, made.values_at = value.keys_at, value.values_at
    return made


def _replaced_seq(value: Seq, root: Map, above: tuple[str, ...]) -> Seq:
    made = Seq(value.at)
    made.items_at = value.items_at
    made.extend(_replaced(item, root, mark, above) for item, mark in zip(value, value.items_at, strict=True))
    return made


def _target(reference: Reference, root: Map, at: Mark, above: tuple[str, ...]) -> Any:
    written = f"!reference {shown(list(reference))}"
    if not reference or not all(isinstance(part, str) for part in reference):
        raise _refused(f"{written} is not valid", at)
    if written in above:
        raise _refused(f"{written} is part of a circular chain", at)
    value: Any = root
    for key in reference:
        if not isinstance(value, Map) or value.get(key) is None or value[key] is False:
            raise _refused(f"{written} could not be found", at, curable=True)
        at, value = value.values_at[key], value[key]
    return _replaced(value, root, at, (*above, written))


def _refused(message: str, at: Mark, *, curable: bool = False) -> Refused:
    return Refused(Problem(message, at, curable=curable))
