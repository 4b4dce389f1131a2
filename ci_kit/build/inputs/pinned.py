"""A Dockerfile whose images are named by digest, for builders that cannot be told so from outside.

The file itself stays as it is: what comes back is sent in its place.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from ci_kit.build.inputs import base_images
from ci_kit.build.inputs.base_images import Mention
from ci_kit.build.inputs.content import platforms_of
from ci_kit.build.inputs.dockerfile import Line, words
from ci_kit.model.plan import BuildPlan


def dockerfile(plan: BuildPlan, environ: Mapping[str, str]) -> str:
    """Return the text of the plan's Dockerfile with its pins; bytes that are no UTF-8 are surrogates in it."""
    text = Path(plan.dockerfile).read_bytes().decode("utf-8", "surrogateescape")
    if not plan.pins:
        return text
    return rewritten(text, plan.pins, plan.build_args, platforms_of(plan.platforms, environ)[0])


def rewritten(text: str, pins: Mapping[str, str], build_args: Mapping[str, str], platform: str) -> str:
    """Return the Dockerfile with each image that is a key of `pins` replaced by its value; other lines stay.

    Every line keeps its number, so that messages still point to the right one. Unresolved says what is odd.
    """
    of_line: dict[Line, list[Mention]] = {}
    for mention in base_images.mentions(text, build_args, platform):
        if mention.image in pins:
            of_line.setdefault(mention.instruction.line, []).append(mention)
    lines = text.split("\n")
    for line, found in of_line.items():
        blank = [""] * (line.end - line.begin - 1)
        lines[line.begin : line.end] = [*blank, _with_pins(line, found, pins)]
    return "\n".join(lines)


def _with_pins(line: Line, found: list[Mention], pins: Mapping[str, str]) -> str:
    text = line.text
    for mention in found:
        pin = pins[mention.image]
        if mention.instruction.name == "FROM":
            begin, end = next(word.span() for word in list(words(line))[1:] if not word[0].startswith("--"))
            text = text[:begin] + pin + text[end:]
        else:  # a flag: --from=IMAGE, or from=IMAGE among the parts of --mount
            text = re.sub(rf"(\bfrom=[\"']?){re.escape(mention.word)}(?=[\"',\s]|\Z)", rf"\g<1>{pin}", text, flags=re.I)
    return text
