"""auto_cancel: of the workflow and of its rules."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language import ruby
from ci_kit.language.fault import Fault, Path, is_among, of_hash, of_keys, of_strings, spoken, suggestion

_WORDS = {"on_new_commit": ("conservative", "interruptible", "none"), "on_job_failure": ("none", "all")}


def auto_cancel(where: str, value: Any, path: Path) -> Iterator[Fault]:
    """Yield what is wrong with `auto_cancel:`."""
    if value is None:
        return
    yield from of_hash(where, value, path)
    yield from of_keys(where, value, tuple(_WORDS), path)
    for name, words in _WORDS.items() if isinstance(value, dict) else ():
        yield from of_strings(where, value, (name,), path)
        said = value.get(name)
        if said is not None and not is_among(said, words):
            text = f"{where} {spoken(name)} must be one of: {', '.join(words)}"
            yield Fault(text, (*path, name), suggestion=suggestion(ruby.text(said), words))
