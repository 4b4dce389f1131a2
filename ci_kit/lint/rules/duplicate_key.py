"""CK110: a key that stands twice in one mapping."""

from collections.abc import Iterator

from ci_kit.language.analyse import Pipeline
from ci_kit.language.jobs import Text
from ci_kit.language.ruby import text
from ci_kit.lint.rule import Hit, PipelineRule
from ci_kit.lint.tree import maps_in


def check(pipeline: Pipeline) -> Iterator[Hit]:
    """Yield each key that takes the place of the same key above it."""
    for file in pipeline.files:
        for one in maps_in(file.header, file.content):
            for key, at in one.duplicates:
                yield Hit(
                    Text(text(key), at), "", f"{text(key)} stands here a second time: what the first one says is lost"
                )


RULE = PipelineRule(
    id="CK110",
    name="duplicate-key",
    severity="warning",
    summary="A key stands twice in the same mapping.",
    why=(
        "GitLab takes the last of them and forgets the others without a word: a job that is defined twice is the "
        "second one alone, and of two `variables:` only the lower one counts."
    ),
    source="ruby/psych to_ruby.rb; YAML 1.1 asks for unique keys",
    bad="""\
build:
  script: make
  variables:
    MODE: fast
  variables:
    LEVEL: "2"
""",
    good="""\
build:
  script: make
  variables:
    MODE: fast
    LEVEL: "2"
""",
    check=check,
)
