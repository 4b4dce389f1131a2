"""parallel."""

from collections.abc import Iterator
from math import prod
from typing import Any

from ci_kit.language.fault import Fault, is_text, is_whole, of_keys

_MOST = 200  # jobs


def parallel(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `parallel:`."""
    if value is None:
        return
    if isinstance(value, dict):
        yield from _mapping(value)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        yield Fault(":parallel should be an integer or a hash", ("parallel",))
    elif not is_whole(value):
        yield Fault(":parallel config must be an integer", ("parallel",))
    elif value < 1:
        yield Fault(":parallel config must be greater than or equal to 1", ("parallel",))
    elif value > _MOST:
        yield Fault(f":parallel config must be less than or equal to {_MOST}", ("parallel",))


def bridge_parallel(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `parallel:` of a job that triggers: it has a matrix, no number."""
    if is_whole(value):
        yield Fault(':parallel config cannot use "parallel: <number>".', ("parallel",))
    else:
        yield from parallel(value)


def rows_of(value: Any) -> list[dict[Any, list[Any]]]:
    """Return the rows of a `matrix:`, each variable with the list of its values."""
    matrix = value.get("matrix") if isinstance(value, dict) else None
    rows = [row for row in matrix if isinstance(row, dict)] if isinstance(matrix, list) else []
    return [{name: part if isinstance(part, list) else [part] for name, part in row.items()} for row in rows]


def _mapping(value: dict[Any, Any]) -> Iterator[Fault]:
    if "matrix" not in value:
        yield Fault(":parallel config missing required keys: matrix", ("parallel",))
    unknown = list(of_keys(":parallel", value, ("matrix",), ("parallel",)))
    yield from unknown
    matrix = value.get("matrix")
    if unknown or matrix is None:
        return
    path = ("parallel", "matrix")
    if not isinstance(matrix, list) or not all(isinstance(row, dict) for row in matrix):
        yield Fault(":parallel:matrix config should be an array of hashes", path)
        return
    for number, row in enumerate(matrix):
        yield from _row(row, number)
    if sum(prod(map(len, row.values())) for row in rows_of(value)) > _MOST:
        yield Fault(f":parallel:matrix config generates too many jobs (maximum is {_MOST})", path)


def _row(row: dict[Any, Any], number: int) -> Iterator[Fault]:
    where, path = ":parallel:matrix:variables config", ("parallel", "matrix", number)
    if not row:
        yield Fault(f"{where} requires at least 1 items", path)
    for name, value in row.items():
        values = value if isinstance(value, list) else [value]
        if not all(is_text(one) or is_whole(one) for one in values):
            words = "should be a hash of key value pairs, value can be an array"
            yield Fault(f"{where} {words}", (*path, name))
            return
