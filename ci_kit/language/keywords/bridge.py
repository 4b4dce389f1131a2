"""A job that triggers another pipeline: what it says of itself.

Source: gitlab `lib/gitlab/ci/config/entry/bridge.rb`.
"""

from collections.abc import Hashable, Iterator
from typing import Any

from ci_kit.language.fault import Fault, of_flags, of_keys, of_word
from ci_kit.language.keywords import BRIDGE_KEYS
from ci_kit.language.keywords.job import processable

_WHEN = ("on_success", "on_failure", "always", "manual")


def bridge(name: Hashable, value: dict[Any, Any]) -> Iterator[Fault]:
    """Yield what is wrong with the job itself, in GitLab's order; without a trigger an include may make it a job."""
    for fault in _own(name, value):
        yield fault if "trigger" in value else fault._replace(curable=True)


def upstream(value: dict[Any, Any], *, valid: bool, needs_valid: bool) -> Iterator[Fault]:
    """Yield what is wrong with the pipelines it stands between; of a bad job GitLab takes no trigger for one."""
    from ci_kit.language.keywords.needs import each, kind_of

    waits = [one for one in each(value.get("needs")) if kind_of(one) == "bridge"] if valid and needs_valid else []
    if not waits and not (valid and value.get("trigger") is not None):
        words = " config should contain either a trigger or a needs:pipeline"
        yield Fault(words, curable="trigger" not in value)
    if len(waits) > 1:
        yield Fault(" config should contain at most one bridge need", ("needs",))


def _own(name: Hashable, value: dict[Any, Any]) -> Iterator[Fault]:
    yield from processable(name, value)
    if not BRIDGE_KEYS.issuperset(value):
        yield from of_keys("", value, BRIDGE_KEYS, ())
    if "when" in value:
        yield from of_word("", value, "when", _WHEN, ())
    if "allow_failure" in value:
        yield from of_flags("", value, ("allow_failure",), ())
