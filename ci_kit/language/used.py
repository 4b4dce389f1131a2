"""What GitLab writes anew in the jobs while it reads them: single values where it wants lists.

Source: gitlab `lib/gitlab/ci/config/entry` (allow_failure.rb, artifacts.rb, reports.rb, retry.rb).
"""

from collections.abc import Callable, Hashable

from ci_kit.language.entries import is_bridge, is_job_key, job_names
from ci_kit.language.fault import is_blank
from ci_kit.language.keywords.inherit import takes
from ci_kit.source.value import Map, Seq

_INHERITED = ("artifacts", "retry")


def used(content: Map) -> Map:
    """Return the content with the jobs as GitLab keeps them; hidden jobs, which it does not read, stay."""
    made = copied(content)
    jobs = [name for name in job_names(content) if not is_bridge(content[name])]
    for name in jobs:
        made[name] = _changed(content[name], tuple(_CHANGES))
    default = content.get("default")
    if isinstance(default, Map) and not is_job_key("default", default):
        taken = tuple(key for key in _INHERITED if any(_inherits(content[name], key) for name in jobs))
        made["default"] = _changed(default, taken)
    return made


def copied(content: Map) -> Map:
    """Return a map with the same parts and places, to be changed."""
    made = Map(content.at)
    made.update(content)
    made.keys_at, made.values_at = content.keys_at, content.values_at
    return made


def _inherits(job: Map, key: str) -> bool:
    return job.get(key) is None and takes(job, key)


def _changed(job: Map, keywords: tuple[str, ...]) -> Map:
    present = [key for key in keywords if isinstance(job.get(key), Map)]
    if not present:
        return job
    made = copied(job)
    for key in present:
        made[key] = _CHANGES[key](copied(job[key]))
    return made


def _allow_failure(value: Map) -> Map:
    if not is_blank(value.get("exit_codes")):
        _put_list(value, "exit_codes")
    return value


def _retry(value: Map) -> Map:
    if value.get("when") not in (None, False):
        _put_list(value, "when")
    if value.get("exit_codes") not in (None, False):
        _put_list(value, "exit_codes")
    else:
        value.pop("exit_codes", None)
    return value


def _artifacts(value: Map) -> Map:
    reports = value.get("reports")
    if isinstance(reports, Map):
        made = copied(reports)
        for key, one in reports.items():
            if one is None:
                del made[key]
            elif not isinstance(one, Map):
                _put_list(made, key)
        value["reports"] = made
    return value


def _put_list(holder: Map, key: Hashable) -> None:
    """Put a list of one in the place of a value that is no list."""
    if not isinstance(holder[key], list):
        made = Seq(holder.values_at[key])
        made.append(holder[key])
        made.items_at = [made.at]
        holder[key] = made


_CHANGES: dict[str, Callable[[Map], Map]] = {
    "allow_failure": _allow_failure,
    "artifacts": _artifacts,
    "retry": _retry,
}
