"""The jobs of a pipeline by their names: what they are expanded to, in which stage, and what they need.

Source: gitlab `lib/gitlab/ci/config/normalizer.rb`, `lib/gitlab/ci/config/entry/need.rb`.
"""

from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple

from ci_kit.language import matrix, ruby
from ci_kit.language.entries import job_names
from ci_kit.language.items import marked
from ci_kit.language.keywords.job import NAME_LENGTH
from ci_kit.language.stages import STAGE, stages_of
from ci_kit.language.unknown import Unknown
from ci_kit.model.nearest import Suggestions
from ci_kit.source.value import Map, Mark


class Need(NamedTuple):
    """A need on jobs of this pipeline; `parallel` selects among them when it is given."""

    name: str
    optional: bool
    artifacts: bool
    parallel: Any
    value: Any
    at: Mark


class Lineup:
    """The stages by their order, the jobs, and for each job the names of what it is expanded to.

    `base_of` has the job behind each name; of two jobs that expand to one name, GitLab keeps the later.
    """

    __slots__ = (
        "_uneven",
        "base_of",
        "content",
        "instances",
        "is_open",
        "jobs",
        "keys",
        "listed",
        "needs",
        "numbers",
        "stages",
        "suggestions",
    )

    def __init__(self, content: Map) -> None:
        """Take the jobs of an expanded root."""
        self.content = content
        stages = stages_of(content)
        self.stages = [str(one) for one in stages]
        self.listed = ", ".join(self.stages)
        self.is_open = any(isinstance(one, Unknown) for one in stages)
        self.numbers: dict[str, int] = {}
        for number, stage in enumerate(stages):
            if isinstance(stage, str):  # a symbol is another stage than the text
                self.numbers.setdefault(stage, number)
        self.keys: dict[str, Hashable] = {ruby.text(key): key for key in job_names(content)}
        self.jobs: dict[str, Map] = {name: content[key] for name, key in self.keys.items()}
        self.needs = {name: needs_of(job) for name, job in self.jobs.items() if job.get("needs")}
        self.instances = {name: matrix.instance_names(name, job.get("parallel")) for name, job in self.jobs.items()}
        self.base_of = {one: name for name, names in self.instances.items() for one in names}
        self._uneven = {names for names in self.instances.values() if len(names) > 1 and not self._are_even(names)}
        self.suggestions = Suggestions()

    def _are_even(self, names: tuple[str, ...]) -> bool:
        bases = {self.base_of[one] for one in names}
        return len(set(names)) == len(names) and len(bases) <= 1 and max(map(len, names), default=0) <= NAME_LENGTH

    def is_even(self, names: tuple[str, ...]) -> bool:
        """Tell whether what is said of one of the names of a need holds for all, and none is there twice."""
        return len(names) <= 1 or (
            names not in self._uneven and names == self.instances.get(self.base_of.get(names[0], ""))
        )

    def number(self, name: str) -> int | None:
        """Return the place of the stage of a job, by the job's own name; None when there is no such stage."""
        return self.numbers.get(stage_of(self.jobs[name]))

    def names_of(self, need: Need, variables: matrix.Variables | None = None) -> tuple[str, ...]:
        """Return the names that a need comes to in a job with these matrix variables."""
        name = matrix.filled(need.name, variables or {})
        found = self.instances.get(name)
        if found is None or self.jobs[name].get("parallel") is None:
            return (name,)
        return matrix.selected(name, need.parallel, variables or {}) if isinstance(need.parallel, dict) else found

    def variables_of(self, name: str) -> list[matrix.Variables]:
        """Return the matrix variables of each job that a job is expanded to."""
        found: list[matrix.Variables] = list(matrix.combinations(self.jobs[name].get("parallel")))
        return found or [{} for _ in self.instances[name]]


class Waiting(NamedTuple):
    """The job that waits for others, as GitLab shows it and by its own name, and where it says so."""

    shown: str
    name: str
    at: Mark


def is_later(on: str, waiting: Waiting, lineup: Lineup) -> bool:
    """Tell whether a job's stage comes later, or is none; nothing is said of a job without a stage of its own."""
    own, other = lineup.number(waiting.name), lineup.number(lineup.base_of[on])
    return own is not None and not lineup.is_open and (other is None or other > own)


def stage_of(job: Map) -> str:
    """Return the stage of a job, the default one when it names none."""
    stage = job.get("stage")
    return stage if isinstance(stage, str) else STAGE


def needs_in(value: Any, at: Mark) -> Iterator[Need]:
    """Yield the needs on jobs of this pipeline in the value of `needs:` that stands at `at`."""
    for one, mark in marked(value, at):
        about: Any = one if isinstance(one, dict) else {"job": one}
        name = about.get("job")
        if name is None or isinstance(name, Unknown) or "pipeline" in about or "project" in about:
            continue
        where = one.values_at["job"] if isinstance(one, Map) else mark
        optional, artifacts = about.get("optional") is True, about.get("artifacts") is not False
        yield Need(str(name), optional, artifacts, about.get("parallel"), one, where)


def needs_of(job: Map) -> list[Need]:
    """Return the needs of a job on jobs of this pipeline, without those of its rules."""
    return list(needs_in(job["needs"], job.values_at["needs"])) if job.get("needs") else []
