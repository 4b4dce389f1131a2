"""CK118: `truncate(` without its closing bracket."""

import re
from collections.abc import Iterator

from ci_kit.language.analyse import Pipeline
from ci_kit.lint.rule import Hit, PipelineRule
from ci_kit.lint.tree import texts_in

_NAME = "truncate("


def check(pipeline: Pipeline) -> Iterator[Hit]:
    """Yield each call that GitLab takes although it is not closed."""
    for file in pipeline.files:
        if file.header is not None and _NAME in file.text:
            for text in texts_in(file):
                found = re.search(r"(truncate\(\s*\d+\s*,\s*\d+)\s*(?:\||\]\])", text.value)
                if found and "$[[" in text.value:
                    yield Hit(text, found[1], "the closing bracket is missing", f"{found[1]})")


RULE = PipelineRule(
    id="CK118",
    name="unclosed-truncate",
    severity="warning",
    summary="A call of `truncate` is not closed.",
    why=(
        "The pattern with which GitLab finds the function leaves the bracket open to chance. That is an oversight, "
        "and a version that looks closer refuses the file."
    ),
    source="gitlab lib/gitlab/ci/config/interpolation/functions/truncate.rb",
    bad="""\
spec:
  inputs:
    name: {default: production}
---
deploy:
  script: ./deploy $[[ inputs.name | truncate(0,4 ]]
""",
    good="""\
spec:
  inputs:
    name: {default: production}
---
deploy:
  script: ./deploy $[[ inputs.name | truncate(0,4) ]]
""",
    check=check,
)
