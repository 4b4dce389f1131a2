"""What is left of a pipeline when the values that GitLab refuses are taken out."""

from collections.abc import Hashable, Iterable
from typing import Any

from ci_kit.language.entries import is_job, is_job_key
from ci_kit.language.problem import Problem
from ci_kit.language.unknown import Unknown
from ci_kit.source.value import NOWHERE, Map, Mark, Seq

_KEPT = frozenset(("script", "run", "trigger", "stage", "environment"))  # without, other jobs would be told wrong
_OPEN = Unknown("$REFUSED")


def sound(content: Map, problems: Iterable[Problem]) -> Map:
    """Return the content without the top-level values, and the keywords of jobs, in which a problem stands.

    So the checks of the pipeline as a whole go on, and meet no value of a type that they do not expect. What other
    jobs are judged by is not taken out: it is unknown.
    """
    wrong = _Places(problems)
    made = Map(content.at)
    for key, value in content.items():
        part = _job(value, wrong) if isinstance(value, Map) and is_job(value) and is_job_key(key, value) else value
        if part is not value or not wrong.stands_in(content, key):
            _put(made, key, part, content)
        elif key == "stages":
            _put(made, key, _unknown_stages(), content)
    return made


def _unknown_stages() -> Seq:
    made = Seq(NOWHERE)
    made.append(_OPEN)
    made.items_at.append(NOWHERE)
    return made


def _job(job: Map, wrong: "_Places") -> Map:
    bad = {key for key in job if wrong.stands_in(job, key)}
    if not bad:
        return job
    made = Map(job.at)
    for key, value in job.items():
        if key not in bad:
            _put(made, key, value, job)
        elif key in _KEPT:
            _put(made, key, _OPEN, job)
    return made


def _put(into: Map, key: Hashable, value: Any, source: Map) -> None:
    into[key] = value
    into.keys_at[key], into.values_at[key] = source.keys_at[key], source.values_at[key]


class _Places:
    """The beginnings of what is wrong; containers are walked only where one may stand in them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.begins = {(one.at[4], *one.at[:2]) for one in problems}

    def stands_in(self, value: Map, key: Hashable) -> bool:
        return self._is(value.keys_at[key]) or self._within(value[key], value.values_at[key])

    def _is(self, at: Mark) -> bool:
        return (at[4], *at[:2]) in self.begins

    def _within(self, value: Any, at: Mark) -> bool:
        """Tell whether a problem stands in the value; depth costs no recursion, and what many share is walked once."""
        waiting: list[tuple[Any, Mark]] = [(value, at)]
        walked: set[int] = set()
        while waiting:
            one, mark = waiting.pop()
            if self._is(mark):
                return True
            if isinstance(one, Map | Seq):
                if id(one) in walked:
                    continue
                walked.add(id(one))
            if isinstance(one, Map):
                waiting.extend((part, one.values_at[key]) for key, part in one.items())
                if any(map(self._is, one.keys_at.values())):
                    return True
            elif isinstance(one, Seq):
                waiting.extend(zip(one, one.items_at, strict=True))
        return False
