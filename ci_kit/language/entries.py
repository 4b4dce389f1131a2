"""The entries of a pipeline file: what is a job, what is a keyword, and what GitLab refuses in either.

Source: gitlab `lib/gitlab/ci/config/entry` (root.rb, jobs.rb, job.rb, bridge.rb, default.rb).
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from ci_kit.language.fault import Fault, is_blank, unknown_keys
from ci_kit.language.keywords import BRIDGE_KEYWORDS, KEYWORDS, check_of
from ci_kit.language.keywords.inherit import DEFAULTS
from ci_kit.language.keywords.variables import global_variables
from ci_kit.language.problem import Problem
from ci_kit.language.unknown import Unknown
from ci_kit.model.nearest import nearest
from ci_kit.source.value import Map, Mark, Seq, Symbol

RESERVED = frozenset(("include", "before_script", "image", "services", "after_script", "variables", "stages", "cache"))
_COPIED = ("before_script", "image", "services", "after_script", "cache")  # from the top level into `default:`
_UNLESS_JOB = frozenset(("default", "workflow"))
UNCHECKED = frozenset(("secrets", "identity", "dast_configuration"))
_JOB = frozenset(KEYWORDS) | UNCHECKED | {"start_in"}
_BRIDGE = frozenset(BRIDGE_KEYWORDS)
_WORKFLOW = frozenset(("rules", "name", "auto_cancel"))
_AUTO_CANCEL = {"on_new_commit": ("conservative", "interruptible", "none"), "on_job_failure": ("none", "all")}
_TOGETHER = (
    ("script", "run"),
    ("before_script", "run"),
    ("after_script", "run"),
    ("script", "trigger"),
    ("run", "trigger"),
)
_NAME_LENGTH = 255
_NOT_A_JOB = "config should implement the script:, run:, or trigger: keyword"
_NO_TRIGGER = "config should contain either a trigger or a needs:pipeline"


def job_names(content: Map) -> Iterator[Hashable]:
    """Yield the names of the visible jobs, in the order of the file."""
    for key, value in content.items():
        if is_job_key(key, value) and not _is_hidden(key) and isinstance(value, Map):
            yield key


def is_job_key(key: Hashable, value: Any) -> bool:
    """Tell whether GitLab takes the top-level `key` for a job, good or bad."""
    return key not in RESERVED and not (key in _UNLESS_JOB and not is_job(value))


def is_job(value: Any) -> bool:
    """Tell whether GitLab sees a job in a value."""
    return isinstance(value, dict) and ("script" in value or "run" in value or "trigger" in value or "needs" in value)


def is_bridge(job: Any) -> bool:
    """Tell whether a job runs nothing itself, but starts another pipeline."""
    return "script" not in job and "run" not in job


def has_unchecked(content: Map) -> bool:
    """Tell whether a job has a keyword that GitLab takes and that has no check here."""
    return any(not UNCHECKED.isdisjoint(content[name]) for name in job_names(content))


def problems(content: Map) -> Iterator[Problem]:
    """Yield what GitLab refuses in the entries, in its words and order."""
    yield from _of_default(content)
    if content.get("include") is not None:
        from ci_kit.language.keywords.include import include

        yield from _problems(include(content["include"]), content, "include")
    for key in _COPIED:
        if key in content:
            yield from _of_global(content, key)
    yield from _problems(global_variables(content.get("variables")), content)
    yield from _of_stages(content)
    yield from _of_workflow(content)
    yield from _of_jobs(content)


def mark_at(value: Any, path: Iterable[Hashable], *, key: bool = False) -> Mark:
    """Return where the value at `path` stands, or its key, or the nearest thing above it."""
    found: Mark = value.at
    for part in path:
        if isinstance(value, Map) and part in value:
            found = value.keys_at[part] if key else value.values_at[part]
        elif isinstance(value, Seq) and isinstance(part, int) and part < len(value):
            found = value.items_at[part]
        else:
            break
        value = value[part]
    return found


def _of_default(content: Map) -> Iterator[Problem]:
    value = content.get("default")
    if value is None or is_job_key("default", value):
        return
    if not isinstance(value, Map):
        yield Problem("default config should be a hash", content.values_at["default"])
        return
    for key in _COPIED:
        if content.get(key) is not None and value.get(key) is not None:
            yield Problem(f"{key} is defined in top-level and `default:` entry", content.keys_at[key])
    if unknown_keys(value, DEFAULTS):
        yield _unknown("default", value, DEFAULTS)
        return
    yield from _of_keywords(value, KEYWORDS, "default")


def _of_global(content: Map, key: str) -> Iterator[Problem]:
    for fault in check_of(KEYWORDS[key])(content[key]):
        yield from _problems([Fault(fault.text.removeprefix(":"), fault.path, fault.named)], content)


def _of_stages(content: Map) -> Iterator[Problem]:
    value = content.get("stages")
    if value is not None and (
        not isinstance(value, list) or any(True for _ in check_of(KEYWORDS["before_script"])(value))
    ):
        text = "stages config should be an array of strings or a nested array of strings up to 10 levels deep"
        yield Problem(text, content.values_at["stages"])


def _of_workflow(content: Map) -> Iterator[Problem]:
    value = content.get("workflow")
    if value is None or is_job_key("workflow", value):
        return
    if not isinstance(value, Map):
        yield Problem("workflow config should be a hash", content.values_at["workflow"])
        return
    if unknown_keys(value, _WORKFLOW):
        yield _unknown("workflow", value, _WORKFLOW)
        return
    if len(str(value.get("name") or "")) > _NAME_LENGTH:
        yield Problem("workflow name is too long (maximum is 255 characters)", value.values_at["name"])
    from ci_kit.language.keywords.rules import workflow_rules

    yield from _problems(workflow_rules(value.get("rules")), value, "workflow")
    yield from _problems(_auto_cancel(value.get("auto_cancel")), value, "workflow")


def _auto_cancel(value: Any) -> Iterator[Fault]:
    where = ":auto_cancel"
    if value is not None and not isinstance(value, dict):
        yield Fault(f"{where} config should be a hash", ("auto_cancel",))
        return
    unknown = unknown_keys(value or {}, _AUTO_CANCEL)
    if unknown:
        yield Fault(f"{where} config contains unknown keys: {', '.join(unknown)}", ("auto_cancel", unknown[0]))
        return
    for key, words in _AUTO_CANCEL.items():
        said = (value or {}).get(key)
        if said is not None and said not in words:
            text = f"{where} {key.replace('_', ' ')} must be one of: {', '.join(words)}"
            yield Fault(text, ("auto_cancel", key))


def _of_jobs(content: Map) -> Iterator[Problem]:
    """Yield the problems of the jobs; a top-level key that is no job ends the descent into all of them."""
    found = [key for key, value in content.items() if is_job_key(key, value)]
    wrong = [
        Problem(f"jobs {_shown(key)} {_NOT_A_JOB}", content.keys_at[key], curable=True)
        for key in found
        if not _is_hidden(key) and not is_job(content[key])
    ]
    yield from wrong
    if all(map(_is_hidden, found)):
        yield Problem("jobs config should contain at least one visible job", content.at, curable=True)
    for key in () if wrong else found:
        yield from _of_hidden(content, key) if _is_hidden(key) else _of_job(content, key)


def _of_hidden(content: Map, key: Hashable) -> Iterator[Problem]:
    if is_blank(content[key]):
        yield Problem(f"jobs:{key} config can't be blank".lower(), content.keys_at[key])


def _of_job(content: Map, key: Hashable) -> Iterator[Problem]:
    job: Map = content[key]
    name = _written(key)
    where = f"jobs:{name}"
    bridge = is_bridge(job)
    known = _BRIDGE if bridge else _JOB
    if not isinstance(key, str) or not key.strip() or len(key) > _NAME_LENGTH:
        yield from _of_name(key, name, content.keys_at[key])
    for pair in _TOGETHER if "run" in job or "trigger" in job else ():
        if pair[0] in job and pair[1] in job:
            both = ", ".join(str(word) for word in job if word in pair)
            text = f"{where} config these keys cannot be used together: {both}".lower()
            yield Problem(text, job.keys_at[pair[1]])
    if not known.issuperset(job):
        yield _unknown(where, job, known)
        return
    yield from _problems(_bridge_as_a_whole(job) if bridge else _job_as_a_whole(key, job), job, where)
    yield from _of_keywords(job, BRIDGE_KEYWORDS if bridge else KEYWORDS, where)


def _of_keywords(value: Map, checks: Mapping[str, str], where: str) -> Iterator[Problem]:
    for keyword, part in value.items():
        where_it_is = checks.get(keyword)  # type: ignore[call-overload]  # any key may be asked for
        for fault in check_of(where_it_is)(part) if where_it_is is not None else ():
            yield from _problems((fault,), value, where)


def _job_as_a_whole(key: Hashable, job: Map) -> Iterator[Fault]:
    if job.get("when") == "delayed" or job.get("start_in") is not None:
        from ci_kit.language.keywords.timing import start_in

        yield from start_in("", job, ())
    yield from _beside_rules(job)
    paged = "pages" in job if key != "pages" else job.get("pages") is not False
    if job.get("publish") is not None and not paged:
        yield Fault(" publish can only be used within a `pages` job", ("publish",))
    needed, wanted = job.get("needs"), job.get("dependencies")
    if needed and wanted and isinstance(wanted, list):
        yield from _dependencies(needed, wanted)


def _dependencies(needed: Any, wanted: list[Any]) -> Iterator[Fault]:
    from ci_kit.language.keywords.needs import each

    own = [one.get("job") if isinstance(one, dict) else one for one in each(needed) if not _is_foreign(one)]
    if not own:
        words = " needs corresponding to dependencies must be from the same pipeline"
        yield Fault(words, ("needs",))
        return
    missing = [str(one) for one in wanted if one not in own]
    if missing:
        yield Fault(f" dependencies the {', '.join(missing)} should be part of needs", ("dependencies",))


def _is_foreign(need: Any) -> bool:
    return isinstance(need, dict) and ("pipeline" in need or "project" in need)


def _bridge_as_a_whole(job: Map) -> Iterator[Fault]:
    yield from _beside_rules(job)
    needed = job.get("needs")
    waits = needed if isinstance(needed, list) else [needed]
    upstream = any(isinstance(one, dict) and "pipeline" in one and "job" not in one for one in waits)
    if job.get("trigger") is None and not upstream:
        yield Fault(f" {_NO_TRIGGER}", ())


def _beside_rules(job: Map) -> Iterator[Fault]:
    if job.get("rules") is not None:
        for word in ("only", "except", "start_in"):
            if job.get(word) is not None:
                yield Fault(f" config key may not be used with `rules`: {word}", (word,))


def _of_name(key: Hashable, name: str, at: Mark) -> Iterator[Problem]:
    if key is None or (isinstance(key, str) and not key.strip()):
        yield Problem("jobs:job name can't be blank", at)
    if not isinstance(key, str | Symbol):
        yield Problem(f"jobs:{'job' if key is None else name} name should be a symbol", at)
    if len(name) > _NAME_LENGTH:
        yield Problem(f"jobs:{name} name is too long (maximum is 255 characters)".lower(), at)


def _problems(faults: Iterable[Fault], value: Map, where: str = "") -> Iterator[Problem]:
    for fault in faults:
        if _is_open(value, fault.path):
            continue
        text = (where + fault.text).lower() if fault.named else fault.text
        is_key = "contains unknown keys" in text
        yield Problem(text, mark_at(value, fault.path, key=is_key))


def _is_open(value: Any, path: Iterable[Hashable]) -> bool:
    """Tell whether an input that is not known yet stands on the path: nobody judges it."""
    for part in path:
        inside = value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, list) else {}
        value = inside.get(part)
    return any(isinstance(one, Unknown) for one in (value if isinstance(value, list) else [value]))


def _unknown(where: str, value: Map, known: frozenset[str]) -> Problem:
    unknown = unknown_keys(value, known)
    text = f"{where} config contains unknown keys: {', '.join(unknown)}".lower()
    key = next(key for key in value if str(key) == unknown[0])
    return Problem(text, value.keys_at[key], nearest(unknown[0], known))


def _is_hidden(key: Hashable) -> bool:
    return isinstance(key, str) and key.startswith(".")


def _written(key: Hashable) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _shown(key: Hashable) -> str:
    """Return the name as GitLab prints it in this message: of letters and blanks only, the blanks become `_`."""
    name = _written(key).lower()
    return name.replace(" ", "_") if name.replace(" ", "").isalpha() else name
