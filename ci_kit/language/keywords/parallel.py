"""parallel."""

from collections.abc import Iterator
from math import prod
from typing import Any

from ci_kit.language.fault import Fault, Path, composed, is_text, is_whole, of_keys, of_required

_MOST = 200  # jobs
_KEYS = ("matrix",)
_NO_NUMBER = 'config cannot use "parallel: <number>".'


def parallel(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `parallel:`."""
    return parallel_in(":parallel", value, ("parallel",))


def bridge_parallel(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `parallel:` of a job that triggers: it has a matrix, no number."""
    yield from parallel(value)
    if is_number(value):
        yield Fault(f":parallel {_NO_NUMBER}", ("parallel",))


def parallel_in(where: str, value: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with a `parallel:` at any place."""
    if value is None:
        return
    if isinstance(value, dict):
        own = (*of_keys(where, value, _KEYS, path), *of_required(where, value, _KEYS, path))
        yield from composed(own, _matrix(f"{where}:matrix", value.get("matrix"), (*path, "matrix")))
    elif not is_number(value):
        yield Fault(f"{where} should be an integer or a hash", path, raw=True)
    elif not is_whole(value):
        yield Fault(f"{where} config must be an integer", path)
    elif value < 1:
        yield Fault(f"{where} config must be greater than or equal to 1", path)
    elif value > _MOST:
        yield Fault(f"{where} config must be less than or equal to {_MOST}", path)


def is_number(value: Any) -> bool:
    """Tell whether the value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def rows_of(value: Any) -> list[dict[Any, list[Any]]]:
    """Return the rows of a `matrix:`, each variable with the list of its values."""
    matrix = value.get("matrix") if isinstance(value, dict) else None
    rows = [row for row in matrix if isinstance(row, dict)] if isinstance(matrix, list) else []
    return [{name: part if isinstance(part, list) else [part] for name, part in row.items()} for row in rows]


def _matrix(where: str, value: Any, path: Path) -> Iterator[Fault]:
    if value is None:
        return
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        yield Fault(f"{where} config should be an array of hashes", path)
        return
    if sum(prod(map(_count, row.values())) for row in value) > _MOST:
        yield Fault(f"{where} config generates too many jobs (maximum is {_MOST})", path)
    for number, row in enumerate(value):
        yield from _row(f"{where}:variables config", row, (*path, number))


def _count(value: Any) -> int:
    """Return the number of values of a variable as Ruby's Array() sees them, good or bad."""
    if value is None:
        return 0
    return len(value) if isinstance(value, list | dict) else 1


def _row(where: str, row: dict[Any, Any], path: Path) -> Iterator[Fault]:
    wrong = next((name for name, value in row.items() if not _is_word(name) or not _are_words(value)), _NONE)
    if wrong is not _NONE:
        words = "should be a hash of key value pairs, value can be an array"
        yield Fault(f"{where} {words}", (*path, wrong))
    if not row:
        yield Fault(f"{where} requires at least 1 items", path)


_NONE = object()


def _is_word(value: Any) -> bool:
    return is_text(value) or is_whole(value)


def _are_words(value: Any) -> bool:
    return all(map(_is_word, value)) if isinstance(value, list) else _is_word(value)
