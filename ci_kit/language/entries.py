"""The entries of a pipeline file: what is a job, what is a keyword, and what GitLab refuses in either.

GitLab looks at the file from the outside inwards and in the order of its own declarations (`keywords/__init__.py`), not
of the file; what is bad itself is not looked into. A default is looked at again in each job that takes it.

Source: gitlab `lib/gitlab/ci/config/entry` (root.rb, jobs.rb, hidden.rb, default.rb, processable.rb).
"""

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ci_kit.language import ruby
from ci_kit.language.fault import Fault, is_blank, is_open, located
from ci_kit.language.keywords import BRIDGE_KEYWORDS, DEFAULT_KEYWORDS, KEYWORDS, ROOT_KEYWORDS, check_of
from ci_kit.language.keywords.job import dependencies
from ci_kit.language.keywords.job import job as of_job
from ci_kit.language.problem import Problem
from ci_kit.language.unknown import Unknown
from ci_kit.model.nearest import Suggestions
from ci_kit.source.value import Map, Mark, mark_at

RESERVED = frozenset(ROOT_KEYWORDS) - {"default", "workflow"}
_COPIED = ("before_script", "after_script", "cache", "image", "services")  # from the top level into `default:`
_MAKES_A_JOB = ("script", "run", "trigger")
_NOT_A_JOB = "config should implement the script:, run:, or trigger: keyword"


def job_names(content: Map) -> Iterator[Hashable]:
    """Yield the names of the visible jobs, in the order of the file."""
    for key, value in content.items():
        if is_job_key(key, value) and not _is_hidden(key) and isinstance(value, Map):
            yield key


def is_job_key(key: Hashable, value: Any) -> bool:
    """Tell whether GitLab takes the top-level `key` for a job, good or bad."""
    return key not in ROOT_KEYWORDS or (key not in RESERVED and is_job(value))


def is_job(value: Any) -> bool:
    """Tell whether GitLab sees a job in a value."""
    return isinstance(value, dict) and ("script" in value or "run" in value or "trigger" in value or "needs" in value)


def is_bridge(job: Any) -> bool:
    """Tell whether a job runs nothing itself, but starts another pipeline."""
    return "script" not in job and "run" not in job


def problems(content: Map) -> Iterator[Problem]:
    """Yield what GitLab refuses in the entries, in its words and order; where it stops at one, that one only."""
    try:
        found = list(_of_root(content))
    except _Stopped as stopped:
        found = [stopped.problem]
    yield from found


class _Stopped(Exception):
    """GitLab breaks off here, whatever else is wrong."""

    def __init__(self, problem: Problem) -> None:
        """Keep the one problem that GitLab shows."""
        super().__init__(problem.message)
        self.problem = problem


class _Place(NamedTuple):
    """What faults are about: its name in GitLab's sentences, the way to it, and the job that it is, if it is one."""

    content: Map
    where: str = ""
    path: tuple[Hashable, ...] = ()
    job: Hashable = None


def _of_root(content: Map) -> Iterator[Problem]:
    at_root = _Place(content)
    of_key: dict[Hashable, list[Problem]] = {
        key: list(_of_keyword(at_root, key, content[key], ROOT_KEYWORDS))
        for key in content
        if key in ROOT_KEYWORDS and not is_job_key(key, content[key])
    }
    inherited = _of_defaults(content, of_key)
    if "default" in of_key:
        yield from of_key["default"]
    for keyword in DEFAULT_KEYWORDS:
        yield from inherited.get(keyword, ())
    for key in ROOT_KEYWORDS:
        yield from of_key.get(key, ()) if key != "default" else ()
    yield from _of_jobs(content, inherited)


def _of_keyword(place: _Place, keyword: Any, value: Any, checks: Mapping[str, str]) -> Iterator[Problem]:
    return _problems(check_of(checks[keyword])(value), place) if value is not None else iter(())


def _of_defaults(content: Map, of_key: Mapping[Hashable, list[Problem]]) -> dict[str, list[Problem]]:
    """Return the problems of the defaults, by their keywords; the globals are defaults too."""
    default = content.get("default") if "default" in of_key and not of_key["default"] else None
    own: Mapping[Any, Any] = default if isinstance(default, Map) else {}
    for keyword in _COPIED:
        if own.get(keyword) is not None and content.get(keyword) is not None:
            text = f"{keyword} is defined in top-level and `default:` entry"
            raise _Stopped(Problem(text, content.keys_at[keyword]))
    place = _Place(content, "default", ("default",))
    found = {key: list(_of_keyword(place, key, own[key], DEFAULT_KEYWORDS)) for key in own if key in DEFAULT_KEYWORDS}
    return {**{key: of_key.get(key, []) for key in _COPIED if of_key.get(key)}, **{k: v for k, v in found.items() if v}}


def _of_jobs(content: Map, inherited: Mapping[str, list[Problem]]) -> Iterator[Problem]:
    """Yield the problems of the jobs; a top-level key that is no job ends the descent into all of them."""
    found = [key for key, value in content.items() if is_job_key(key, value) and not isinstance(value, Unknown)]
    wrong = [key for key in found if not _is_hidden(key) and not is_job(content[key])]
    suggestions = Suggestions()
    for key in wrong:
        # GitLab writes a name of letters and blanks with `_`.
        text = re.sub(
            r"jobs ([a-z\s]+) config should implement", _joined, f"jobs {ruby.text(key)} {_NOT_A_JOB}".lower()
        )
        at, meant = _misspelled(content[key], suggestions) or (content.keys_at[key], "")
        yield Problem(text, at, meant, curable=isinstance(content[key], Map), job=key)
    visible = any(True for key in found if not _is_hidden(key) and is_job(content[key]))
    if not visible:
        yield Problem("jobs config should contain at least one visible job", content.at, curable=True)
    for key in found if visible and not wrong else ():
        yield from _of_hidden(content, key) if _is_hidden(key) else _of_job(content, key, inherited)


def _misspelled(value: Any, suggestions: Suggestions) -> tuple[Mark, str] | None:
    """Return the key that was probably to make a job of a value, with what it is like; None without such a key."""
    for key in value if isinstance(value, Map) else ():
        meant = suggestions.nearest(key, _MAKES_A_JOB) if key not in KEYWORDS else ""
        if meant:
            return value.keys_at[key], meant
    return None


def _joined(found: re.Match[str]) -> str:
    return f"jobs {found[1].replace(' ', '_')} config should implement"


def _of_hidden(content: Map, key: Hashable) -> Iterator[Problem]:
    if is_blank(content[key]):
        text = f"jobs:{ruby.text(key)} config can't be blank".lower()
        yield Problem(text, content.keys_at[key], curable=isinstance(content[key], Map), job=key)


def _of_job(content: Map, key: Hashable, inherited: Mapping[str, list[Problem]]) -> Iterator[Problem]:
    job: Map = content[key]
    own, inside = _faults_of_job(key, job)
    if not own and not inside and not inherited:
        return
    nameless = "bridge" if is_bridge(job) else "job"
    place = _Place(content, located("jobs", key, nameless), (key,), key)
    yield from _problems(own, place)
    if inside is None:
        return
    for keyword in BRIDGE_KEYWORDS if is_bridge(job) else KEYWORDS:
        if keyword in inside:
            yield from _problems(inside[keyword], place)
        elif keyword in inherited and job.get(keyword) is None and _takes(job, keyword):
            yield from inherited[keyword]


def _faults_of_job(key: Hashable, job: Map) -> tuple[list[Fault], dict[str, list[Fault]] | None]:
    """Return the faults of a job itself, and those of what it holds; none of these where GitLab does not look."""
    if is_bridge(job):
        from ci_kit.language.keywords.bridge import bridge, upstream

        own = [fault for fault in bridge(key, job) if not _is_open(job, fault)]
        inside = None if own else _inside(job, BRIDGE_KEYWORDS)
        own += upstream(job, valid=not own, needs_valid=inside is not None and "needs" not in inside)
        return own, inside
    own = [fault for fault in of_job(key, job) if not _is_open(job, fault)]
    if own:
        return own, None
    inside = _inside(job, KEYWORDS)
    if "dependencies" in job and "needs" not in inside:
        own += dependencies(job)
    # What a keyword says of the job comes before all that the job holds.
    own += [fault for faults in inside.values() for fault in faults if fault.text.startswith(" ")]
    return own, {key: [one for one in faults if not one.text.startswith(" ")] for key, faults in inside.items()}


def _inside(job: Map, checks: Mapping[str, str]) -> dict[str, list[Fault]]:
    found: dict[str, list[Fault]] = {}
    for keyword, value in job.items():
        if value is not None and keyword in checks:
            faults = list(check_of(checks[keyword])(value))  # type: ignore[index]
            known = [one for one in faults if not _is_open(job, one)] if faults else ()
            if known:
                found[keyword] = known  # type: ignore[index]
    return found


def _takes(job: Map, keyword: str) -> bool:
    from ci_kit.language.keywords.inherit import takes

    return takes(job, keyword)


def _problems(faults: Iterable[Fault], place: _Place) -> Iterator[Problem]:
    for fault in faults:
        if _is_open(place.content, fault, place.path):
            continue
        path = (*place.path, *fault.path)
        mark = _mark(place.content, path, key=fault.is_key or not fault.path)
        problem = Problem(_text(fault, place.where), mark, fault.suggestion, fault.curable, job=place.job)
        if fault.crash:
            raise _Stopped(problem)
        yield problem


def _is_open(value: Any, fault: Fault, path: tuple[Hashable, ...] = ()) -> bool:
    """Tell whether the fault is about an input that is not known yet; a key is judged whatever its value is."""
    return is_open(value, (*path, *(fault.path[:-1] if fault.is_key else fault.path)))


def _mark(content: Map, path: tuple[Hashable, ...], *, key: bool) -> Mark:
    """Return where the value stands; of one that is not there, the key of what it would stand in."""
    value: Any = content
    for number, part in enumerate(path):
        is_item = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if not is_item and not (isinstance(value, dict) and part in value):
            return mark_at(content, path[:number], key=isinstance(value, dict))
        value = value[part]
    return mark_at(content, path, key=key)


def _text(fault: Fault, where: str) -> str:
    alone = not fault.text.startswith((":", " "))
    text = fault.text if alone else where + fault.text if where else fault.text[1:]
    return text if fault.raw else text.lower()


def _is_hidden(key: Hashable) -> bool:
    return ruby.text(key).startswith(".")
