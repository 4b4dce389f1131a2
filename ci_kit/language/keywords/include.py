"""include: as an entry: in a trigger, and in a file of which no include was loaded, so that the key is still there.

Source: gitlab `lib/gitlab/ci/config/entry/include.rb`, `includes.rb`, `concerns/base_include.rb`.
"""

import re
from collections.abc import Iterator
from typing import Any

from ci_kit.language.duration import seconds
from ci_kit.language.fault import Fault, Path, composed, is_blank, of_keys
from ci_kit.language.items import located

_KEYS = (
    *("local", "file", "remote", "project", "ref", "integrity", "cache", "template", "artifact", "inputs", "job"),
    *("rules", "component"),
)
# Ruby takes no bits that are left over before `=`.
_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"
_SHORTEST = 60  # seconds that an include may be kept


def include(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with an `include:` of which nothing was loaded."""
    yield from includes(":include", value, ("include",), most=0)


def includes(where: str, value: Any, path: Path, most: int) -> Iterator[Fault]:
    """Yield what is wrong with a string or a list of includes, with `most` at most `most` of them."""
    if value is None:
        return
    if not isinstance(value, str | list):
        yield Fault(f"{where} config should be an array or a string", path)
    elif isinstance(value, list) and most and len(value) > most:
        yield Fault(f"{where} config is too long (maximum is {most})", (*path, most))
    else:
        for one, place in located(value, path) if isinstance(value, list) else ():
            yield from composed(_own(f"{where}:include", one, place), _rules(f"{where}:include", one, place))


def _own(where: str, value: Any, path: Path) -> Iterator[Fault]:
    if value is None or isinstance(value, str):
        return
    if not isinstance(value, dict):
        yield Fault(f"{where} config should be a hash or a string", path)
        return
    for fault in (*source_faults(value), *_of_cache(value)):
        yield fault._replace(text=f"{where} config {fault.text}", path=(*path, *fault.path))
    yield from of_keys(where, value, _KEYS, path)
    if _is_given(value.get("artifact")) and is_blank(value.get("job")):
        yield Fault(f"{where} config must specify the job where to fetch the artifact from", path)
    rules = value.get("rules")
    if rules is not None and not (isinstance(rules, list) and all(isinstance(one, dict) for one in rules)):
        yield Fault(f"{where} rules should be an array of hashes", (*path, "rules"))


def source_faults(value: dict[Any, Any]) -> Iterator[Fault]:
    """Yield what is wrong with the source of an include, here and in `spec:include`, to be put behind `config`."""
    if _is_given(value.get("project")) and is_blank(value.get("file")):
        yield Fault("must specify the file where to fetch the config from")
    integrity, path = value.get("integrity"), ("integrity",)
    if not _is_given(integrity):
        return
    if is_blank(value.get("remote")):
        yield Fault("integrity can only be specified for remote includes", path)
    if not isinstance(integrity, str) or not integrity.startswith("sha256-"):
        yield Fault("integrity hash must start with 'sha256-'", path)
    elif not re.fullmatch(_BASE64, integrity.removeprefix("sha256-")):
        yield Fault("integrity hash must be base64 encoded", path)


def _of_cache(value: dict[Any, Any]) -> Iterator[Fault]:
    kept, path = value.get("cache"), ("cache",)
    if is_blank(kept):
        return
    if is_blank(value.get("remote")):
        yield Fault("cache can only be specified for remote includes", path)
    if kept is True:
        return
    length = seconds(kept)
    if not isinstance(kept, str):
        yield Fault("cache must be a boolean or a duration string", path)
    elif length is None:
        yield Fault("cache contains an invalid duration", path)
    elif length < _SHORTEST:
        yield Fault("cache duration must be at least 1 minute", path)


def _rules(where: str, value: Any, path: Path) -> Iterator[Fault]:
    if isinstance(value, dict) and value.get("rules") is not None:
        from ci_kit.language.keywords.rules import include_rules

        for fault in include_rules(value["rules"]):
            yield fault._replace(text=f"{where}:{_below(fault.text)}", path=(*path, *fault.path))


def _below(text: str) -> str:
    """Return a sentence about a rule, which stands alone where an include is read, as one about the rules."""
    return f"rules:{text}" if text.startswith("rule ") or text.startswith("rule:") else text


def _is_given(value: Any) -> bool:
    return value is not None and value is not False
