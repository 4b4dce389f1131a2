"""inherit."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, composed, is_texts, of_hash, of_keys, of_values
from ci_kit.language.keywords import DEFAULT_KEYWORDS

_KEYS = ("default", "variables")


def inherit(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `inherit:`."""
    if value is not None:
        yield from composed(_own(value), *(_part(name, value) for name in _KEYS))


def takes(job: dict[Any, Any], name: str, part: str = "default") -> bool:
    """Tell whether GitLab gives the default of a keyword to the job, or as `variables` a variable of the root.

    To a job with a bad `inherit:` it gives none.
    """
    said = job.get("inherit")
    if said is None:
        return True
    if not isinstance(said, dict) or any(key not in _KEYS for key in said):
        return False
    wanted = said.get(part)
    return wanted is None or wanted is True or (isinstance(wanted, list) and name in wanted)


def _own(value: Any) -> Iterator[Fault]:
    yield from of_hash(":inherit", value, ("inherit",))
    yield from of_keys(":inherit", value, _KEYS, ("inherit",))


def _part(name: str, value: dict[Any, Any]) -> Iterator[Fault]:
    part, path = value.get(name), ("inherit", name)
    if part is None or isinstance(part, bool):
        return
    if not isinstance(part, list):
        yield Fault(f":inherit:{name} should be a bool or array of strings", path, raw=True)
        return
    if not is_texts(part):
        yield Fault(f":inherit:{name} config should be an array of strings", path)
    if name == "default":
        yield from of_values(f":inherit:{name} config", part, DEFAULT_KEYWORDS, path)
