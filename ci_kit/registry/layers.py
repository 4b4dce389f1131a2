"""The layers of an image with the commands that made them, out of its manifest and its configuration.

Source: OCI "Image Configuration" specification, "history".
"""

import re
from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import Any

from ci_kit.model.layer import Layer

_LONGEST = 200  # characters of a command
# Builders write the values of build args before a command, of which some should have been secrets.
_ARGUMENTS = re.compile(r"\|\d+ .*?(?=/bin/sh -c )", re.ASCII | re.DOTALL)
_ANY_ARGUMENTS = re.compile(r"\|\d+ .*", re.ASCII | re.DOTALL)
_NOT_RUN = re.compile(r"\A/bin/sh -c #\(nop\) +|\s*# buildkit\s*\Z")
_RUN = re.compile(r"\A(?:RUN )?/bin/sh -c ")


def of(manifest: Mapping[str, Any], configuration: Mapping[str, Any], platform: str) -> tuple[Layer, ...]:
    """Return the layers, the lowest first; a command is empty where the configuration tells none."""
    commands = _commands(configuration)
    parts = (part for part in manifest.get("layers") or () if part)
    return tuple(
        Layer(str(part["digest"]), int(part["size"]), command, platform)
        for part, command in zip(parts, commands, strict=False)
    )


def _commands(configuration: Mapping[str, Any]) -> Iterator[str]:
    """Yield the command of each layer, then empty ones without end; whoever built the image wrote them."""
    history = configuration.get("history")
    for entry in history if isinstance(history, list) else ():
        if isinstance(entry, dict) and not entry.get("empty_layer"):
            yield _plain(entry.get("created_by"))
    yield from repeat("")


def _plain(said: object) -> str:
    text = "".join(letter if letter.isprintable() else " " for letter in said) if isinstance(said, str) else ""
    bare = _ANY_ARGUMENTS.sub("(with build arguments)", _ARGUMENTS.sub("", text))
    words = " ".join(_RUN.sub("RUN ", _NOT_RUN.sub("", bare)).split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
