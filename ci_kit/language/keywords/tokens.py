"""id_tokens."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.fault import Fault, is_text, is_texts, of_keys


def id_tokens(value: Any) -> Iterator[Fault]:
    """Yield what is wrong with `id_tokens:`."""
    if value is None:
        return
    if not isinstance(value, dict):
        yield Fault(":id_tokens config should be a hash", ("id_tokens",))
        return
    for name, token in value.items():
        where, path = f":id_tokens:{name}", ("id_tokens", name)
        about = token if isinstance(token, dict) else {}
        yield from of_keys(where, about, ("aud",), path)
        if "aud" not in about:
            yield Fault(f"{where} config missing required keys: aud", path)
        if not is_text(about.get("aud")) and not is_texts(about.get("aud")):
            yield Fault(f"{where} aud should be an array of strings or a string", path)
