"""Labels as one line at the end of a Dockerfile: of labels told by its API the classic builder makes a step each.

A step is a container that is made and committed, so that a handful of labels takes as long as a small build.
Source: docker docs "Dockerfile reference", "LABEL", "Escape", "Environment replacement".
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from ci_kit.build.inputs.dockerfile import parse

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_LONGEST = 60_000  # bytes; BuildKit's parser takes no line of more than 65 535


class Labelled(NamedTuple):
    """A Dockerfile that sets labels, and those that it does not set."""

    text: str
    others: Mapping[str, str]


def labelled(text: str, labels: Mapping[str, str]) -> Labelled:
    """Return the Dockerfile with one more line that gives `labels` to its last stage; all others keep their numbers.

    What cannot be written there is left over: a value of several lines, everything where the file ends in the middle
    of an instruction or has no stage.
    """
    found = parse(text)
    here = {name: value for name, value in labels.items() if _NAME.fullmatch(name) and value.isprintable()}
    line = "LABEL " + " ".join(f"{name}={_quoted(here[name], found.escape)}" for name in sorted(here))
    has_stage = any(instruction.name == "FROM" for instruction in found.instructions)
    if not here or not has_stage or len(line.encode()) > _LONGEST or _goes_on(text, found.escape):
        return Labelled(text, labels)
    others = {name: value for name, value in labels.items() if name not in here}
    return Labelled(f"{text}{'' if text.endswith(chr(10)) else chr(10)}{line}\n", others)


def _quoted(value: str, escape: str) -> str:
    return '"' + re.sub(rf'(["${re.escape(escape)}])', lambda found: escape + found[1], value) + '"'


def _goes_on(text: str, escape: str) -> bool:
    """Tell whether the last instruction waits for another line; comments and empty lines do not end it."""
    lines = (line.strip() for line in reversed(text.split("\n")))
    return next((line for line in lines if line and not line.startswith("#")), "").endswith(escape)
