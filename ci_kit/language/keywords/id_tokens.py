"""id_tokens."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, is_text, is_texts, located, of_keys, of_required

_KEYS = ("aud",)


def id_tokens(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `id_tokens:`."""
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(":id_tokens config should be a hash", ("id_tokens",))
        return
    for name, token in value.items():
        where, path = located(":id_tokens", name, "id token"), ("id_tokens", name)
        about = {} if token is None else token
        yield from of_required(where, about, _KEYS, path)
        yield from of_keys(where, about, _KEYS, path)
        aud = about.get("aud") if isinstance(about, dict) else None
        if not is_text(aud) and not is_texts(aud):
            yield Fault(f"{where} aud should be an array of strings or a string", (*path, "aud"), curable=about == {})
