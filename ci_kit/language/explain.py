"""Where each keyword of a job comes from: the job itself, what it extends, `default:`, or the top level."""

from collections.abc import Hashable
from typing import Any, NamedTuple

from ci_kit.language.analyse import Pipeline
from ci_kit.language.conditions import Answer, of_rule
from ci_kit.language.entries import is_bridge, is_job_key
from ci_kit.language.extend import links
from ci_kit.language.keywords import DEFAULT_KEYWORDS
from ci_kit.language.keywords.inherit import takes
from ci_kit.language.lineup import Lineup
from ci_kit.language.matching import described, rules_of
from ci_kit.language.merged import CreatedJob, created
from ci_kit.language.run import Run, situation_of
from ci_kit.language.simulate import Simulation
from ci_kit.language.used import used
from ci_kit.language.workflow import Asked
from ci_kit.source.value import Map, Mark

_GLOBAL = ("image", "services", "before_script", "after_script", "cache")
_DEEPEST = 12  # hops of extends


class Origin(NamedTuple):
    """A keyword as the job has it in the end, where it stands, and through what it came: `extends .base`, `default`."""

    keyword: str
    value: Any
    at: Mark
    through: tuple[str, ...]


class RuleAnswer(NamedTuple):
    """A rule in words, where it stands, and whether it matches; None for one that is not reached."""

    rule: str
    at: Mark
    answer: Answer | None


class Explanation(NamedTuple):
    """A job of the file: its keywords, the jobs that are made of it, what they wait for and what waits for them.

    `rules` and `runs` are empty when nobody asked for an event; a hidden job has no jobs.
    """

    name: str
    at: Mark
    origins: tuple[Origin, ...]
    jobs: tuple[CreatedJob, ...]
    needed_by: tuple[str, ...]
    rules: tuple[RuleAnswer, ...] = ()
    runs: tuple[Run, ...] = ()


def names_of(pipeline: Pipeline) -> list[str]:
    """Return the names that can be explained: of jobs, of what they are expanded to, and of hidden jobs."""
    content = pipeline.content
    hidden = [
        key for key, value in content.items() if isinstance(key, str) and key[:1] == "." and isinstance(value, Map)
    ]
    lineup = Lineup(content)
    return list(dict.fromkeys((*lineup.jobs, *lineup.base_of, *hidden)))


def explain(pipeline: Pipeline, name: str, asked: Asked | None = None, found: Simulation | None = None) -> Explanation:
    """Return what is to be said of a job; `name` is one of `names_of`, `found` the simulation of what is asked."""
    content = used(pipeline.content)
    lineup = Lineup(content)
    base = name if name in lineup.jobs or name in content else lineup.base_of[name]
    key = lineup.keys.get(base, base)
    every = created(lineup)
    jobs = tuple(one for one in every if one.base == base and name in (base, one.name))
    own = {one.name for one in jobs}
    needed_by = tuple(one.name for one in every if any(need.name in own for need in one.needs))
    said = Explanation(base, content.keys_at[key], tuple(_origins(key, content, pipeline.bases)), jobs, needed_by)
    if asked is None or found is None or not jobs:
        return said
    runs = tuple(run for run in found.runs if run.job.name in own)
    return said._replace(rules=tuple(_rules(jobs[0], lineup, asked, found)), runs=runs)


def _origins(key: Hashable, content: Map, bases: Map) -> list[Origin]:
    job: Map = content[key]
    own = [
        Origin(str(word), value, job.keys_at[word], _through(key, word, job.keys_at[word], bases))
        for word, value in job.items()
    ]
    return own if is_bridge(job) or str(key).startswith(".") else [*own, *_inherited(job, content)]


def _inherited(job: Map, content: Map) -> list[Origin]:
    """Return what the job takes from `default:` and from the top level, which counts as part of it."""
    default = content.get("default")
    holders = [("default", default)] if isinstance(default, Map) and not is_job_key("default", default) else []
    found = []
    for word in sorted(DEFAULT_KEYWORDS):
        if job.get(word) is not None or not takes(job, word):
            continue
        sources = [*holders, *([("the top level", content)] if word in _GLOBAL else [])]
        source = next(((name, one) for name, one in sources if one.get(word) is not None), None)
        if source:
            found.append(Origin(word, source[1][word], source[1].keys_at[word], (source[0],)))
    return found


def _through(key: Hashable, word: Hashable, at: Mark, bases: Map, depth: int = 0) -> tuple[str, ...]:
    """Return the hops of `extends` to the entry in which the keyword stands; none when that is the job itself."""
    holder = bases.get(key)
    if not isinstance(holder, Map) or depth > _DEEPEST or holder.keys_at.get(word) == at:
        return ()
    for link in reversed(links(key, holder)):
        below = bases.get(link.base)
        if isinstance(below, Map):
            way = _through(link.base, word, at, bases, depth + 1)
            if way or below.keys_at.get(word) == at:
                return (f"extends {link.base}", *way)
    return ()


def _rules(job: CreatedJob, lineup: Lineup, asked: Asked, found: Simulation) -> list[RuleAnswer]:
    situation = situation_of(job, lineup, found.workflow, asked)
    answers: list[RuleAnswer] = []
    is_over = False
    for rule, at in rules_of(lineup.jobs[job.base]):
        answer = None if is_over else of_rule(rule, situation)
        is_over = is_over or (answer is not None and answer.holds is True)
        answers.append(RuleAnswer(described(rule), at, answer))
    return answers
