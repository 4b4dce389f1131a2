"""needs: of a job, of a job that triggers, and of a rule."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, Path, composed, is_blank, of_flags, of_keys, of_presence, of_string
from ci_kit.language.items import flattened, located
from ci_kit.language.keywords.parallel import is_number, parallel_in

# The kinds of needs, and the keys of each; the last two are not in GitLab's free edition.
_KEYS = {
    "job": ("job", "artifacts", "optional", "parallel"),
    "cross_dependency": ("pipeline", "job", "artifacts"),
    "project": ("project", "ref", "job", "artifacts"),
    "bridge": ("pipeline",),
}
_REQUIRED = {
    "job": ("job",),
    "cross_dependency": ("pipeline", "job"),
    "project": ("project", "ref", "job"),
    "bridge": ("pipeline",),
}
_OTHERS = 5  # jobs of other pipelines, and of other projects


def needs(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `needs:`."""
    if isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value):
        return iter(())
    return _needs(":needs", value, ("needs",), ("job", "cross_dependency", "project"))


def bridge_needs(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `needs:` of a job that triggers."""
    return _needs(":needs", value, ("needs",), ("job", "bridge"))


def rule_needs(where: str, value: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with `needs:` of a rule: there it knows the jobs of this pipeline only."""
    return _needs(where, value, path, ("job",))


def each(value: Any) -> list[Any]:
    """Return the needs of a job: a mapping is one, lists in lists are one list."""
    if isinstance(value, list):
        return list(flattened(value))
    return [value] if isinstance(value, dict) else []


def kind_of(need: Any) -> str:
    """Return the kind of a need: job, cross_dependency, project or bridge; empty when it is none."""
    if isinstance(need, str):
        return "job"
    if not isinstance(need, dict):
        return ""
    if "project" in need:
        return "project"
    if "pipeline" in need:
        return "cross_dependency" if "job" in need else "bridge"
    return "job" if "job" in need and "ref" not in need else ""


def _needs(where: str, value: Any, path: Path, allowed: tuple[str, ...]) -> Iterator[Fault]:
    if value is None:
        return
    own = list(_own(where, value, path))
    yield from own
    if own:
        return
    places = located(value, path) if isinstance(value, list) else [(value, path)]
    found = [(one, place) for one, place in places if one is not None]
    yield from _of_kinds(where, [kind_of(one) for one, _ in found], path, allowed)
    for one, place in found:
        yield from _need(f"{where}:need", one, place)


def _own(where: str, value: Any, path: Path) -> Iterator[Fault]:
    if not isinstance(value, list | dict):
        yield Fault(f"{where} config can only be a hash or an array", path)
    elif value == {}:
        yield Fault(f"{where} config can not be an empty hash", path, curable=True)
    listed = value if isinstance(value, list) else [value]
    if any(isinstance(one, dict) and is_number(one.get("parallel")) for one in listed):
        yield Fault(f'{where} config cannot use "parallel: <number>".', path)


def _of_kinds(where: str, kinds: list[str], path: Path, allowed: tuple[str, ...]) -> Iterator[Fault]:
    """Yield what is wrong with the needs as a whole; GitLab calls those of other projects cross dependencies too."""
    wrong = [kind for kind in kinds if kind and kind not in allowed]
    if wrong:
        names = dict.fromkeys("cross_dependency" if kind == "project" else kind for kind in wrong)
        yield Fault(f"{where} config uses invalid types: {', '.join(names)}", path)
    for kind in ("cross_dependency", "project"):
        if kinds.count(kind) > _OTHERS:
            yield Fault(f"{where} config must be less than or equal to {_OTHERS}", path)


def _need(where: str, value: Any, path: Path) -> Iterator[Fault]:
    kind = kind_of(value)
    if not kind:
        yield Fault(f"{where} has an unsupported type", path, raw=True)
    elif isinstance(value, str):
        yield from () if value.strip() else (Fault(f"{where} config can't be blank", path),)
    else:
        matrix = value.get("parallel") if kind == "job" else None
        yield from composed(
            _of_mapping(where, value, path, kind), parallel_in(f"{where}:parallel", matrix, (*path, "parallel"))
        )


def _of_mapping(where: str, value: dict[Any, Any], path: Path, kind: str) -> Iterator[Fault]:
    yield from of_keys(where, value, _KEYS[kind], path)
    for name in _REQUIRED[kind]:
        yield from of_string(where, value, name, path)
        if is_blank(value.get(name)):
            yield from of_presence(where, value, name, path)
    yield from of_flags(where, value, ("artifacts", "optional") if kind == "job" else ("artifacts",), path)
