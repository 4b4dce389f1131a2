"""inherit."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, is_texts, of_keys

DEFAULTS = frozenset(
    ("after_script", "artifacts", "before_script", "cache", "hooks", "id_tokens", "image", "interruptible")
) | {"retry", "services", "tags", "timeout"}


def inherit(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `inherit:`."""
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(":inherit config should be a hash", ("inherit",))
        return
    unknown = list(of_keys(":inherit", value, ("default", "variables"), ("inherit",)))
    yield from unknown
    for name in () if unknown else ("default", "variables"):
        part = value.get(name)
        if part is not None and not isinstance(part, bool) and not is_texts(part):
            yield Fault(f":inherit:{name} should be a bool or array of strings", ("inherit", name))
    wanted: Any = value.get("default")
    wrong = [str(one) for one in wanted if str(one) not in DEFAULTS] if is_texts(wanted) else []
    if wrong and not unknown:
        words = f":inherit:default config contains unknown values: {', '.join(wrong)}"
        yield Fault(words, ("inherit", "default"))
