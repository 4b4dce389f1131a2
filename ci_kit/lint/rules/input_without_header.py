"""CK112: `$[[ inputs.… ]]` in a file that declares no inputs."""

import re
from collections.abc import Iterator

from ci_kit.language.analyse import Pipeline
from ci_kit.lint.rule import Hit, PipelineRule
from ci_kit.lint.tree import texts_in

_BEGIN = "$[["


def check(pipeline: Pipeline) -> Iterator[Hit]:
    """Yield each input that nothing replaces."""
    for file in pipeline.files:
        if file.header is None and _BEGIN in file.text:
            for text in texts_in(file):
                found = re.search(r"\$\[\[\s*inputs\.[^\]\n]*\]\]", text.value) if _BEGIN in text.value else None
                if found:
                    message = f"{found[0]} stays as it is written: the file has no spec: header that declares it"
                    yield Hit(text, found[0], message)


RULE = PipelineRule(
    id="CK112",
    name="input-without-header",
    severity="warning",
    summary="An input is used in a file without a `spec:` header.",
    why=(
        "GitLab replaces inputs only in a file that begins with a `spec:` document, ended by a line of three dashes. "
        "In any other file the job gets the text `$[[ inputs.name ]]` itself."
    ),
    source='GitLab docs "CI/CD inputs"; gitlab lib/gitlab/ci/config/yaml/loader.rb',
    bad="""\
build:
  script: make $[[ inputs.target ]]
""",
    good="""\
spec:
  inputs:
    target: {default: all}
---
build:
  script: make $[[ inputs.target ]]
""",
    check=check,
)
