"""`extends`: each job with what it takes over from others.

Source: GitLab docs "CI/CD YAML syntax reference: extends"; gitlab `lib/gitlab/ci/config/extendable`.
"""

from collections.abc import Hashable

from ci_kit.language.fault import shown
from ci_kit.language.merge import merge
from ci_kit.language.problem import Problem, Refused, Told
from ci_kit.source.value import Map, Mark, Seq

_DEEPEST = 11  # hops in a chain


def extended(content: Map, told: Told) -> Map:
    """Return the content with every `extends` followed that GitLab follows; what it would not is told."""
    if not any(isinstance(value, Map) and _bases(value) for value in content.values()):
        return content
    made = merge(Map(content.at), content)
    done: dict[Hashable, tuple[Map, int]] = {}
    for key, value in content.items():
        if isinstance(value, Map):
            try:
                made[key] = _resolved(content, key, (), done)[0]
            except Refused as refused:
                told.tell(refused.problem)
                told.damaged.add(key)
    return made


def _resolved(
    content: Map, key: Hashable, above: tuple[Hashable, ...], done: dict[Hashable, tuple[Map, int]]
) -> tuple[Map, int]:
    """Return the value at `key` with what it extends, and how many hops that took."""
    if key in done:
        return done[key]
    value: Map = content[key]
    bases = _bases(value)
    if not bases:
        return value, 0
    at = value.values_at["extends"]
    if key in above:
        raise _refused(f"{key}: circular dependency detected in `extends`", at)
    _require_bases(content, key, bases, at)
    if len(above) >= _DEEPEST:
        raise _refused(f"{key}: nesting too deep in `extends`", at)
    found = [_resolved(content, base, (*above, key), done) for base in bases]
    hops = 1 + max(below for _, below in found)
    if hops > _DEEPEST:
        raise _refused(f"{key}: nesting too deep in `extends`", at)
    made = found[0][0]
    for base, _ in found[1:]:
        made = merge(made, base)
    done[key] = merge(made, value), hops
    return done[key]


def _bases(value: Map) -> list[str]:
    named = value.get("extends")
    if isinstance(named, str):
        return [named] if named else []
    if isinstance(named, Map):
        return [f"[:{key}, {shown([value])[1:-1]}]" for key, value in named.items()]  # as Ruby shows a pair
    return [str(one) for one in named] if isinstance(named, Seq) else []


def _require_bases(content: Map, key: Hashable, bases: list[str], at: Mark) -> None:
    unknown = [base for base in bases if base not in content]
    if unknown:
        raise _refused(f"{key}: unknown keys in `extends` ({', '.join(unknown)})", at, curable=True)
    wrong = [base for base in bases if not isinstance(content[base], Map)]
    if wrong:
        raise _refused(f"{key}: invalid base hashes in `extends` ({', '.join(wrong)})", at)


def _refused(message: str, at: Mark, *, curable: bool = False) -> Refused:
    return Refused(Problem(message, at, curable=curable))
