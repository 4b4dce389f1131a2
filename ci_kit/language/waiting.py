"""A job that waits for others: by its needs, and by the needs of its rules.

Source: gitlab `lib/gitlab/ci/yaml_processor.rb`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from ci_kit.language import matrix
from ci_kit.language.items import flattened
from ci_kit.language.keywords.job import NAME_LENGTH
from ci_kit.language.lineup import Lineup, Need, Waiting, is_later, needs_in
from ci_kit.language.problem import Problem
from ci_kit.source.value import NOWHERE, Map, Mark


def problems(shown: str, name: str, job: Map, lineup: Lineup) -> Iterator[Problem]:
    """Yield what is wrong with the needs of a job, which GitLab shows as `shown`, and with those of its rules."""
    needs = lineup.needs.get(name, [])
    if any(matrix.asked_in(need.value) for need in needs):
        yield from _of_each_instance(name, needs, lineup)
    else:
        found = [(need, lineup.names_of(need)) for need in needs]
        yield from _of_list(Waiting(shown, name, NOWHERE), found, lineup)
    rules = job.get("rules")
    for rule in flattened(rules) if isinstance(rules, list) else ():
        if isinstance(rule, Map) and rule.get("needs"):
            literal = [(need, (need.name,)) for need in needs_in(rule["needs"], rule.values_at["needs"])]
            yield from _of_list(Waiting(shown, name, NOWHERE), literal, lineup)  # GitLab does not expand these


def _of_each_instance(name: str, needs: list[Need], lineup: Lineup) -> Iterator[Problem]:
    """Yield what is wrong with needs that differ among the jobs of a matrix, each place once."""
    told: set[Mark] = set()
    asked = [(need, frozenset(matrix.asked_in(need.value))) for need in needs]
    for shown, variables in zip(lineup.instances[name], lineup.variables_of(name), strict=True):
        known = [need for need, names in asked if not variables or variables.keys() >= names]
        found = [(need, lineup.names_of(need, variables)) for need in known]
        for problem in _of_list(Waiting(shown, name, NOWHERE), found, lineup):
            if problem.at not in told:
                told.add(problem.at)
                yield problem


def _of_list(waiting: Waiting, needs: Sequence[tuple[Need, tuple[str, ...]]], lineup: Lineup) -> Iterator[Problem]:
    bases: set[str] = set()
    again: Mark | None = None
    for need, names in needs:
        ask = names[:1] if names and lineup.is_even(names) else names
        yield from islice((found for one in ask if (found := _need(waiting, need, one, lineup))), 1)
        base = lineup.base_of.get(names[0], names[0]) if names else ""
        if again is None and (base in bases or not lineup.is_even(names)):
            again = need.at
        bases.add(base)
    if again is not None:
        yield from _twice(waiting, needs)


def _twice(waiting: Waiting, needs: Sequence[tuple[Need, tuple[str, ...]]]) -> Iterator[Problem]:
    times: Counter[str] = Counter()
    again = []
    for need, names in needs:
        again += [need.at for one in names if times[one]] or [need.at] * (len(set(names)) < len(names))
        times.update(names)
    if again:
        listed = ", ".join(one for one, number in times.items() if number > 1)
        yield Problem(f"{waiting.shown} has the following needs duplicated: {listed}.", again[0])


def _need(waiting: Waiting, need: Need, on: str, lineup: Lineup) -> Problem | None:
    if on not in lineup.base_of:
        near = "" if need.optional else lineup.suggestions.nearest(on, lineup.base_of)
        words = f"{waiting.shown} job: undefined need: {on}"
        return None if need.optional else Problem(words, need.at, near, curable=True)
    if len(on) > NAME_LENGTH:
        words = f"need `{on}` name is too long (maximum is {NAME_LENGTH} characters)"
        return Problem(f"{waiting.shown} job: {words}", need.at)
    if is_later(on, waiting, lineup):
        words = f"need {on} is not defined in current or prior stages"
        return Problem(f"{waiting.shown} job: {words}", need.at, curable=True)
    return None
