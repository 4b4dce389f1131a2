"""CK117: an include with a wildcard and a leading slash."""

from collections.abc import Iterator

from ci_kit.language.analyse import Pipeline
from ci_kit.language.jobs import Text
from ci_kit.lint.rule import Hit, PipelineRule
from ci_kit.source.value import Map, Mark, Seq


def check(pipeline: Pipeline) -> Iterator[Hit]:
    """Yield each pattern that begins with a slash."""
    for file in pipeline.files:
        for path, at in _paths(file.content):
            if path.startswith("/") and "*" in path:
                message = "GitLab compares the pattern with paths that have no leading slash: it matches no file"
                yield Hit(Text(path, at), path, message, path.lstrip("/"))


def _paths(content: Map) -> Iterator[tuple[str, Mark]]:
    said = content.get("include")
    at = content.values_at.get("include", content.at)
    for one, mark in zip(said, said.items_at, strict=True) if isinstance(said, Seq) else ((said, at),):
        local = one.get("local") if isinstance(one, Map) else one
        if isinstance(local, str):
            yield local, one.values_at["local"] if isinstance(one, Map) else mark


RULE = PipelineRule(
    id="CK117",
    name="wildcard-from-root",
    severity="warning",
    summary="An include with a wildcard begins with a slash.",
    why=(
        "The slash before the path of a local file makes no difference. Before a pattern it does, by GitLab's source: "
        "paths in the repository begin without one, so nothing matches, and no match is no error."
    ),
    source="gitlab lib/gitlab/ci/config/external/mapper/location_expander.rb",
    bad="""\
include:
  - local: /ci/*.yml
build:
  script: make
""",
    good="""\
include:
  - local: ci/*.yml
build:
  script: make
""",
    check=check,
)
