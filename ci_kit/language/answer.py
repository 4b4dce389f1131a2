"""What is said of all that was found: GitLab's own list, and what else is worth knowing.

Source: gitlab `lib/gitlab/ci/yaml_processor.rb`: each phase stops before the next when it has something to say.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ci_kit.language.problem import Problem, Told
from ci_kit.language.project import Included
from ci_kit.model.finding import Verdict


class Answer(NamedTuple):
    """The verdict and `gitlab`, the messages that GitLab prints; `problems` are all, `open` those that may go away.

    An open problem is one that a file which was not read may cure.
    """

    verdict: Verdict
    gitlab: tuple[str, ...]
    problems: tuple[Problem, ...]
    open: tuple[Problem, ...] = ()


def answered(told: Told, entries: Sequence[Problem], schedule: Sequence[Problem], included: Included) -> Answer:
    """Return the answer to what the phases found; what only follows from a problem before it is left out."""
    of_entries, of_schedule = list(_news(entries, told, included)), list(_news(schedule, told, included))
    found = [*told.problems, *of_entries, *of_schedule]
    if not included.unresolved:
        return Answer("invalid" if found else "valid", _of_gitlab(told, entries, schedule), tuple(_once(found)))
    sure = [one for one in found if not one.curable]
    waiting = tuple(_once(one for one in found if one.curable))
    verdict: Verdict = "invalid" if sure else "undecided" if waiting else "valid"
    return Answer(verdict, _of_sure(told, of_entries, of_schedule), tuple(_once(sure)), waiting)


def _news(problems: Iterable[Problem], told: Told, included: Included) -> Iterator[Problem]:
    """Yield what does not follow: from an include that is refused, or from what of the job could not be made out."""
    places = {one.at for one in told.problems}
    for one in problems:
        follows = included.broken or one.job in told.damaged
        if not (follows and (one.curable or one.at in places)):
            yield one


def _of_gitlab(told: Told, entries: Sequence[Problem], schedule: Sequence[Problem]) -> tuple[str, ...]:
    if told.gitlab is not None:
        return (told.gitlab,)
    return tuple(one.message for one in entries or schedule[:1])


def _of_sure(told: Told, entries: Sequence[Problem], schedule: Sequence[Problem]) -> tuple[str, ...]:
    """Return what GitLab prints if the files that were not read cure what they can."""
    sure = [one.message for one in told.problems if not one.curable]
    if sure:
        only_first = not told.problems[0].curable and told.gitlab is not None
        return (str(told.gitlab) if only_first else sure[0],)
    found = [one.message for one in entries if not one.curable]
    return tuple(found or [one.message for one in schedule if not one.curable][:1])


def _once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield each message once at its place: GitLab repeats what a default says for each job that has it."""
    seen = set()
    for one in problems:
        key = (one.message, one.at)
        if key not in seen:
            seen.add(key)
            yield one
