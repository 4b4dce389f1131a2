"""CK115: a matrix that makes no job."""

from collections.abc import Iterator

from ci_kit.language.analyse import Pipeline
from ci_kit.language.jobs import Text
from ci_kit.language.keywords.parallel import rows_of
from ci_kit.lint.rule import Hit, PipelineRule
from ci_kit.lint.tree import jobs_with
from ci_kit.source.value import Map, Seq


def check(pipeline: Pipeline) -> Iterator[Hit]:
    """Yield the matrix of each job that vanishes by it."""
    for job in jobs_with("parallel", pipeline.content):
        parallel = job["parallel"]
        if isinstance(parallel, Map) and "matrix" in parallel and _makes_none(parallel):
            message = "the matrix has no combination, so the job is not in the pipeline"
            yield Hit(Text("matrix", parallel.keys_at["matrix"]), "", message)


def _makes_none(parallel: Map) -> bool:
    matrix = parallel["matrix"]
    return (matrix is None or isinstance(matrix, Seq)) and not any(all(row.values()) for row in rows_of(parallel))


RULE = PipelineRule(
    id="CK115",
    name="matrix-without-jobs",
    severity="warning",
    summary="A `parallel: matrix` makes no job at all.",
    why=(
        "A job gets one instance for each combination of its matrix. Where a list of values is empty there is none, "
        "and GitLab leaves the job out without a word."
    ),
    source="gitlab lib/gitlab/ci/config/normalizer/matrix_strategy.rb",
    bad="""\
test:
  script: make test
  parallel:
    matrix:
      - SYSTEM: []
        PYTHON: ["3.12", "3.13"]
""",
    good="""\
test:
  script: make test
  parallel:
    matrix:
      - SYSTEM: [linux]
        PYTHON: ["3.12", "3.13"]
""",
    check=check,
)
