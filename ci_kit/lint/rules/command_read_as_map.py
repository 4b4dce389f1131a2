"""CK113: a line of a hidden job's script that is a mapping for YAML."""

from collections.abc import Iterator
from typing import Any

from ci_kit.language.analyse import Pipeline
from ci_kit.language.jobs import Text
from ci_kit.lint.rule import Hit, PipelineRule
from ci_kit.source.value import Map, Seq

_SCRIPTS = ("before_script", "script", "after_script")


def check(pipeline: Pipeline) -> Iterator[Hit]:
    """Yield each such line; in a job that runs GitLab refuses it itself."""
    for file in pipeline.files:
        for key, value in file.content.items():
            if isinstance(key, str) and key.startswith(".") and isinstance(value, Map):
                for keyword in _SCRIPTS:
                    yield from _of_script(value.get(keyword))


def _of_script(value: Any) -> Iterator[Hit]:
    for item in value if isinstance(value, Seq) else ():
        if isinstance(item, Map) and item:
            key, at = next(iter(item.keys_at.items()))
            message = "the colon makes a mapping of this line: jobs that use the script are refused"
            yield Hit(Text(str(key), at), "", message, "put the line in quotes")


RULE = PipelineRule(
    id="CK113",
    name="command-read-as-map",
    severity="warning",
    summary="A line of a hidden job's script holds a colon and a blank, without quotes.",
    why=(
        "A colon and a blank after it make a mapping in YAML, and a mapping is no command. GitLab does not look into "
        "hidden jobs, so it stays silent until the first job uses the script."
    ),
    source='GitLab docs "Use special characters with script"; gitlab lib/gitlab/ci/config/entry/hidden.rb',
    bad="""\
.report:
  script:
    - echo result: $RESULT
test:
  script: make
""",
    good="""\
.report:
  script:
    - 'echo result: $RESULT'
test:
  script: make
""",
    check=check,
)
