"""The configuration that GitLab makes of all files, and the jobs that it would create from it.

Source: gitlab `lib/gitlab/ci/config.rb` (`to_hash`), `lib/gitlab/ci/yaml_processor/result.rb`.
"""

from typing import Any, NamedTuple

from ci_kit.language import ruby
from ci_kit.language.analyse import Pipeline
from ci_kit.language.lineup import Lineup, stage_of
from ci_kit.language.matrix import Variables
from ci_kit.language.stages import with_edges
from ci_kit.language.used import used
from ci_kit.source.value import Map, Symbol

_BITS = 10_000  # of an integer; Python writes none of some thousand digits


class NeededJob(NamedTuple):
    """A job that another waits for, by its name in the pipeline."""

    name: str
    artifacts: bool
    optional: bool


class CreatedJob(NamedTuple):
    """A job as it is in the pipeline: `base` is its key in the file, `variables` are those of its matrix."""

    name: str
    stage: str
    when: str
    needs: tuple[NeededJob, ...]
    allow_failure: bool
    base: str
    variables: Variables


def configuration(pipeline: Pipeline) -> Map:
    """Return the whole configuration with the hidden jobs.

    Jobs are as GitLab has them once it has read them: see `used`.
    """
    return used(with_edges(pipeline.content))


def created(lineup: Lineup) -> list[CreatedJob]:
    """Return the jobs that GitLab would create, in the order of the file; of two with one name, the later."""
    found: dict[str, CreatedJob] = {}
    for name, job in lineup.jobs.items():
        needs = lineup.needs.get(name, ())
        when, failing = _when(job), _may_fail(job)
        for shown, variables in zip(lineup.instances[name], lineup.variables_of(name), strict=True):
            needed = tuple(
                NeededJob(one, need.artifacts, need.optional)
                for need in needs
                for one in lineup.names_of(need, variables)
            )
            found[shown] = CreatedJob(shown, stage_of(job), when, needed, failing, name, variables)
    return list(found.values())


def _when(job: Map) -> str:
    when = job.get("when")
    return when if isinstance(when, str) else "on_success"


def _may_fail(job: Map) -> bool:
    """Tell whether the job may fail whatever its exit code: a manual one may unless it says otherwise."""
    said = job.get("allow_failure")
    return said if isinstance(said, bool) else said is None and job.get("when") == "manual"


def plain(value: Any) -> Any:
    """Return the value as JSON has it: keys as text, symbols as text, no numbers that JSON has not."""
    if isinstance(value, dict):
        return {ruby.text(key): plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return written(value)


def written(value: Any) -> Any:
    """Return a scalar as JSON can have it: a symbol, and a number that is too much for JSON, as text."""
    is_endless = isinstance(value, float) and (value != value or value in (float("inf"), float("-inf")))
    is_long = isinstance(value, int) and value.bit_length() > _BITS
    return ruby.text(value) if is_endless or is_long or isinstance(value, Symbol) else value


def as_row(job: CreatedJob) -> dict[str, Any]:
    """Return a job as the contract of `ci-kit view --jobs` has it."""
    needs = [need._asdict() for need in job.needs]
    about = {"name": job.name, "stage": job.stage, "when": job.when}
    return {**about, "needs": needs, "allow_failure": job.allow_failure}
