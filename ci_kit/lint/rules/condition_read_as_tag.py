"""CK111: a condition that begins with `!` and has no quotes."""

import re
from collections.abc import Iterator

from ci_kit.language.analyse import Pipeline
from ci_kit.language.jobs import Text
from ci_kit.lint.rule import Hit, PipelineRule
from ci_kit.lint.tree import maps_in
from ci_kit.source.lines import lines_of
from ci_kit.source.value import Map

_MESSAGE = "YAML reads the ! as the begin of a tag and drops it: the condition is not what it looks like"


def check(pipeline: Pipeline) -> Iterator[Hit]:
    """Yield each `if:` of which YAML has taken the first word, or only the exclamation mark."""
    for file in pipeline.files:
        if "!" in file.text and re.search(r"if['\"]?\s*:\s+!", file.text):
            lines = lines_of(file.text)
            for one in maps_in(file.header, file.content):
                yield from _of_map(one, lines)


def _of_map(one: Map, lines: list[str]) -> Iterator[Hit]:
    if "if" not in one:
        return
    line, column, *_ = at = one.values_at["if"]
    written = lines[line - 1][column - 1 :].partition(" #")[0].strip() if line <= len(lines) else ""
    if written.startswith("!") and not written.startswith("!reference"):
        yield Hit(Text(written, at), written, _MESSAGE, f"'{written}'")


RULE = PipelineRule(
    id="CK111",
    name="condition-read-as-tag",
    severity="warning",
    summary="A condition begins with `!` and is not quoted.",
    why=(
        "An exclamation mark begins a tag in YAML. Of `if: !$SKIP` nothing is left, which is no condition at all: the "
        'rule always matches. Of `if: ! $A == "b"` the rest is left, which is the opposite of what was meant.'
    ),
    source='YAML 1.1 "Node Tags"; GitLab docs "Job rules", CI/CD variable expressions',
    bad="""\
build:
  script: make
  rules:
    - if: !$SKIP_BUILD
""",
    good="""\
build:
  script: make
  rules:
    - if: '!$SKIP_BUILD'
""",
    check=check,
)
