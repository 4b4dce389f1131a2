"""Whether the jobs can be put in order: stages, dependencies, needs, the jobs that stop an environment.

Source: gitlab `lib/gitlab/ci/yaml_processor.rb`, `lib/gitlab/ci/config/normalizer.rb`, `yaml_processor/dag.rb`.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from ci_kit.language import matrix
from ci_kit.language.entries import job_names
from ci_kit.language.fault import flattened
from ci_kit.language.problem import Problem
from ci_kit.language.stages import STAGE, stages_of
from ci_kit.language.unknown import Unknown
from ci_kit.model.nearest import nearest
from ci_kit.source.value import NOWHERE, Map, Mark

NAME_LENGTH = 255
_COMPARED = 20_000  # names, before no more suggestions are looked for: they take most of the time in a bad file
_LISTED = 2_000  # letters of stages that each message but the first repeats
_EDGES = 1_000_000  # between single jobs of a matrix; beyond them the circles are looked for among whole jobs


class Need(NamedTuple):
    """A need on jobs of this pipeline; `parallel` selects among them when it is given."""

    name: str
    optional: bool
    artifacts: bool
    parallel: Any
    value: Any
    at: Mark


class Schedule:
    """The stages by their order, the jobs, and for each job the names of what it is expanded to.

    `base_of` has the job behind each name; of two jobs that expand to one name, GitLab keeps the later.
    """

    __slots__ = (
        "_compared",
        "_uneven",
        "base_of",
        "content",
        "instances",
        "is_open",
        "jobs",
        "keys",
        "numbers",
        "stages",
    )

    def __init__(self, content: Map) -> None:
        """Take the jobs of an expanded root."""
        self.content = content
        self.stages = [str(one) for one in stages_of(content)]
        self.is_open = any(isinstance(one, Unknown) for one in stages_of(content))
        self.numbers = {stage: number for number, stage in reversed(list(enumerate(stages_of(content))))}
        self.keys: dict[str, Hashable] = {str(key): key for key in job_names(content)}
        self.jobs: dict[str, Map] = {name: content[key] for name, key in self.keys.items()}
        self.instances = {name: matrix.instance_names(name, job.get("parallel")) for name, job in self.jobs.items()}
        self.base_of = {one: name for name, names in self.instances.items() for one in names}
        self._uneven = {names for names in self.instances.values() if len(names) > 1 and not self._are_even(names)}
        self._compared = 0

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

    def near(self, word: str, known: Collection[str]) -> str:
        """Return the known word that is probably meant, empty when there is none or too much was compared already."""
        if self._compared > _COMPARED:
            return ""
        self._compared += len(known)
        return nearest(word, known)


def stage_of(job: Map) -> str:
    """Return the stage of a job, the default one when it names none."""
    stage = job.get("stage")
    return stage if isinstance(stage, str) else STAGE


def needs_in(value: Any, at: Mark) -> Iterator[Need]:
    """Yield the needs on jobs of this pipeline in the value of `needs:` that stands at `at`."""
    for one, mark in _marked(value, at):
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


def problems(content: Map) -> Iterator[Problem]:
    """Yield why the jobs cannot be put in order, in GitLab's order: it prints the first only."""
    schedule = Schedule(content)
    wrong = list(_of_expressions(schedule))
    if wrong:
        every = ", ".join(one.message for one in wrong)
        yield wrong[0]._replace(message=every, ours=wrong[0].message)
        yield from wrong[1:]
    is_first = not wrong
    for name, job in schedule.jobs.items():
        for problem in _of_job(name, job, schedule, is_first):
            is_first = False
            yield problem._replace(job=schedule.keys[name])
    yield from _circular(schedule)


def _of_expressions(schedule: Schedule) -> Iterator[Problem]:
    """Yield each variable of a matrix expression that a job's own matrix has not, once per job."""
    for name, job in schedule.jobs.items():
        if not job.get("needs") or not isinstance(job.get("parallel"), dict):
            continue
        asked = [(one, need.at) for need in needs_of(job) for one in matrix.asked_in(need.value)]
        missing: dict[str, Problem] = {}
        for variables in schedule.variables_of(name) if asked else ():
            for one, at in asked:
                if one not in variables and one not in missing:
                    words = f"{name} job: '{one}' does not exist in matrix configuration"
                    missing[one] = Problem(words, at, nearest(one, variables), job=schedule.keys[name])
        yield from missing.values()


def _of_job(name: str, job: Map, schedule: Schedule, is_first: bool) -> Iterator[Problem]:
    if not schedule.instances[name]:
        return
    shown = schedule.instances[name][0]
    yield from _of_stage(shown, name, job, schedule, is_first)
    yield from _of_dependencies(shown, name, job, schedule)
    yield from _of_needs(shown, name, job, schedule)
    yield from _of_artifacts(shown, name, job, schedule)
    yield from _of_environment(shown, job, schedule)
    pages = job.get("pages")
    if job.get("publish") is not None and isinstance(pages, dict) and pages.get("publish") is not None:
        yield Problem(f"{shown} job: use either {shown}:publish or {shown}:pages:publish", job.values_at["publish"])


def _of_stage(shown: str, name: str, job: Map, schedule: Schedule, is_first: bool) -> Iterator[Problem]:
    stage = stage_of(job)
    if stage in schedule.numbers or isinstance(stage, Unknown) or schedule.is_open:
        return
    at = job.values_at["stage"] if isinstance(job.get("stage"), str) else _at_name(name, schedule)
    listed = ", ".join(schedule.stages)
    if not is_first and len(listed) > _LISTED:
        listed = f"{listed[:_LISTED]}…"
    words = f"chosen stage {stage} does not exist; available stages are {listed}"
    yield Problem(f"{shown} job: {words}", at, schedule.near(stage, schedule.stages), curable=True)


def _of_dependencies(shown: str, name: str, job: Map, schedule: Schedule) -> Iterator[Problem]:
    for one, at in _marked(job.get("dependencies"), _at(job, "dependencies")):
        for on in schedule.instances.get(str(one), (str(one),)) if not isinstance(one, Unknown) else ():
            found = _dependency(_Waiting(shown, name, at), on, schedule)
            if found:
                yield found
                break


class _Waiting(NamedTuple):
    """The job that waits for others, as GitLab shows it and by its own name, and where it says so."""

    shown: str
    name: str
    at: Mark


def _dependency(waiting: _Waiting, on: str, schedule: Schedule) -> Problem | None:
    if on not in schedule.base_of:
        near = schedule.near(on, schedule.base_of)
        return Problem(f"{waiting.shown} job: undefined dependency: {on}", waiting.at, near, curable=True)
    if _is_later(on, waiting, schedule):
        words = f"dependency {on} is not defined in current or prior stages"
        return Problem(f"{waiting.shown} job: {words}", waiting.at, curable=True)
    return None


def _is_later(on: str, waiting: _Waiting, schedule: Schedule) -> bool:
    """Tell whether a job's stage comes later, or is none; nothing is said of a job without a stage of its own."""
    own, other = schedule.number(waiting.name), schedule.number(schedule.base_of[on])
    return own is not None and not schedule.is_open and (other is None or other > own)


def _of_needs(shown: str, name: str, job: Map, schedule: Schedule) -> Iterator[Problem]:
    needs = needs_of(job)
    if any(matrix.asked_in(need.value) for need in needs):
        yield from _of_each_instance(name, needs, schedule)
    else:
        found = [(need, schedule.names_of(need)) for need in needs]
        yield from _of_list(_Waiting(shown, name, NOWHERE), found, schedule)
    rules = job.get("rules")
    for rule in flattened(rules) if isinstance(rules, list) else ():
        if isinstance(rule, Map) and rule.get("needs"):
            literal = [(need, (need.name,)) for need in needs_in(rule["needs"], rule.values_at["needs"])]
            yield from _of_list(_Waiting(shown, name, NOWHERE), literal, schedule)  # GitLab does not expand these


def _of_each_instance(name: str, needs: list[Need], schedule: Schedule) -> Iterator[Problem]:
    """Yield what is wrong with needs that differ among the jobs of a matrix, each place once."""
    told: set[Mark] = set()
    for shown, variables in zip(schedule.instances[name], schedule.variables_of(name), strict=True):
        found = [(need, schedule.names_of(need, variables)) for need in needs]
        for problem in _of_list(_Waiting(shown, name, NOWHERE), found, schedule):
            if problem.at not in told:
                told.add(problem.at)
                yield problem


def _of_list(waiting: _Waiting, needs: Sequence[tuple[Need, tuple[str, ...]]], schedule: Schedule) -> Iterator[Problem]:
    bases: set[str] = set()
    again: Mark | None = None
    for need, names in needs:
        ask = names[:1] if names and schedule.is_even(names) else names
        yield from islice((found for one in ask if (found := _need(waiting, need, one, schedule))), 1)
        base = schedule.base_of.get(names[0], names[0]) if names else ""
        if again is None and (base in bases or not schedule.is_even(names)):
            again = need.at
        bases.add(base)
    if again is not None:
        yield from _twice(waiting, needs)


def _twice(waiting: _Waiting, needs: Sequence[tuple[Need, tuple[str, ...]]]) -> Iterator[Problem]:
    times: Counter[str] = Counter()
    again = []
    for need, names in needs:
        again += [need.at for one in names if times[one]] or [need.at] * (len(set(names)) < len(names))
        times.update(names)
    if again:
        listed = ", ".join(one for one, number in times.items() if number > 1)
        yield Problem(f"{waiting.shown} has the following needs duplicated: {listed}.", again[0])


def _need(waiting: _Waiting, need: Need, on: str, schedule: Schedule) -> Problem | None:
    if on not in schedule.base_of:
        near = "" if need.optional else schedule.near(on, schedule.base_of)
        words = f"{waiting.shown} job: undefined need: {on}"
        return None if need.optional else Problem(words, need.at, near, curable=True)
    if len(on) > NAME_LENGTH:
        words = f"need `{on}` name is too long (maximum is {NAME_LENGTH} characters)"
        return Problem(f"{waiting.shown} job: {words}", need.at)
    if _is_later(on, waiting, schedule):
        words = f"need {on} is not defined in current or prior stages"
        return Problem(f"{waiting.shown} job: {words}", need.at, curable=True)
    return None


def _of_artifacts(shown: str, name: str, job: Map, schedule: Schedule) -> Iterator[Problem]:
    trigger = job.get("trigger")
    included = trigger.get("include") if isinstance(trigger, dict) else None
    for one in included if isinstance(included, list) else ():
        on = one.get("job") if isinstance(one, Map) else None
        if isinstance(on, str) and not isinstance(on, Unknown):
            found = _dependency(_Waiting(shown, name, one.values_at["job"]), on, schedule)
            yield from (found,) if found else ()


def _of_environment(shown: str, job: Map, schedule: Schedule) -> Iterator[Problem]:
    own = job.get("environment")
    name = own.get("on_stop") if isinstance(own, Map) else None
    if not isinstance(own, Map) or name is None or isinstance(name, Unknown):
        return
    base = schedule.base_of.get(str(name))
    wrong = "is not defined" if base is None else _of_stopping(schedule.jobs[base].get("environment"), own)
    if wrong:
        near = schedule.near(str(name), schedule.base_of) if base is None else ""
        yield Problem(f"{shown} job: on_stop job {name} {wrong}", own.values_at["on_stop"], near, curable=True)


def _of_stopping(other: Any, own: Map) -> str:
    if other is None:
        return "does not have environment defined"
    if isinstance(other, Unknown):
        return ""
    about = other if isinstance(other, dict) else {"name": other}
    if about.get("name") != own.get("name"):
        return "have different environment name"
    return "" if about.get("action") == "stop" else "needs to have action stop defined"


def _circular(schedule: Schedule) -> Iterator[Problem]:
    needs = {name: found for name, job in schedule.jobs.items() if (found := needs_of(job))}
    if not needs:
        return
    from ci_kit.language.circle import circles, spelled

    whole = {name: sorted(_bases(name, needs.get(name, []), schedule)) for name in schedule.jobs}
    if next(circles(whole), None) is None:
        return
    graph = _between_instances(needs, schedule)
    graph = whole if graph is None else graph
    for group in circles(graph):
        name = schedule.base_of.get(group[0], group[0])
        words = f"self-dependency: {group[0]}" if len(group) == 1 else f"topological sort failed: {_inspected(group)}"
        way = spelled(graph, group)
        at = next((need.at for need in needs[name] if _leads_to(need, way[1], schedule)), needs[name][0].at)
        message = f"The pipeline has circular dependencies: {words}"
        yield Problem(message, at, ours=f"{message} ({' -> '.join(way)})", job=schedule.keys[name])


def _bases(name: str, needs: list[Need], schedule: Schedule) -> set[str]:
    """Return the jobs that the needs of a job lead to, whichever of its instances asks."""
    found: set[str] = set()
    for need in needs:
        for variables in schedule.variables_of(name) if "$[[" in need.name else [{}]:
            one = matrix.filled(need.name, variables)
            found.add(one if one in schedule.jobs else schedule.base_of.get(one, one))
    return found & schedule.jobs.keys()


def _leads_to(need: Need, name: str, schedule: Schedule) -> bool:
    return need.name == name or name in schedule.names_of(need) or need.name == schedule.base_of.get(name)


def _between_instances(needs: dict[str, list[Need]], schedule: Schedule) -> dict[str, list[str]] | None:
    """Return what each job of the pipeline waits for; None when that is too much to look at."""
    graph: dict[str, list[str]] = {}
    edges = 0
    for name, names in schedule.instances.items():
        own = needs.get(name, [])
        is_same = not any(matrix.asked_in(need.value) for need in own)
        children: list[str] = []
        for number, variables in enumerate(schedule.variables_of(name)):
            if number == 0 or not is_same:
                children = [one for need in own for one in schedule.names_of(need, variables)]
            edges += len(children)
            graph[names[number]] = children
        if edges > _EDGES:
            return None
    return graph


def _inspected(names: tuple[str, ...]) -> str:
    """Return the names as Ruby shows a list of strings."""
    return f"[{', '.join(map(_quoted, names))}]"


_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\x1b": "\\e"}


def _quoted(name: str) -> str:
    text = "".join(_ESCAPED.get(one, one) for one in name)
    return '"' + text.replace("#{", "\\#{").replace("#$", "\\#$").replace("#@", "\\#@") + '"'


def _at(job: Map, keyword: str) -> Mark:
    return job.values_at.get(keyword, job.at)


def _at_name(name: str, schedule: Schedule) -> Mark:
    return schedule.content.keys_at[schedule.keys[name]]


def _marked(value: Any, at: Mark) -> Iterator[tuple[Any, Mark]]:
    """Yield the items of a list and of the lists in it with their places; what is no list is one item."""
    if not isinstance(value, list):
        yield from ((value, at),) if value is not None else ()
        return
    for one, mark in zip(value, getattr(value, "items_at", [at] * len(value)), strict=True):
        yield from _marked(one, mark)
