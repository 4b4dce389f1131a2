"""GitLab's answer in GitLab's words, for the checks that we make so far.

Source: gitlab `lib/gitlab/ci/config/entry`, `lib/gitlab/ci/yaml_processor.rb`; the words were seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ci_kit.language.expand import extended
from ci_kit.language.include import Included
from ci_kit.language.keywords import JOB_KEYWORDS, is_job, visible_names
from ci_kit.source.value import NOWHERE, Map, Mark, Symbol

_STAGES = ("build", "test", "deploy")
_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class GitLabError:
    """One line of GitLab's list, the value it is about, and what was meant if that is plain."""

    message: str
    at: Mark
    suggestion: str = ""


def judge(found: Included) -> list[GitLabError]:
    """Return GitLab's errors for an included and merged root; empty when we find none."""
    if found.errors:
        return [GitLabError(message, mark) for message, mark in found.errors]
    content = found.content
    if content is not None and not isinstance(content, Map):
        return [GitLabError("Invalid configuration format", NOWHERE)]
    if not content or not any(True for _ in visible_names(content)):
        return [] if found.unresolved else [_no_job(content)]
    structural = list(_not_jobs(content, bool(found.unresolved)))
    if structural:
        return structural
    entries = [error for name in visible_names(content) for error in _job(name, content)]
    return entries or list(_stages(content, bool(found.unresolved)))


def _no_job(content: Map | None) -> GitLabError:
    at = content.at if isinstance(content, Map) else NOWHERE
    return GitLabError("jobs config should contain at least one visible job", at)


def _not_jobs(content: Map, open_ended: bool) -> Iterator[GitLabError]:
    for name in visible_names(content):
        value = content[name]
        takes = isinstance(value, Map) and "extends" in value
        whole = extended(name, content) if isinstance(value, Map) else value
        if not is_job(whole) and not (takes and open_ended):
            words = f"jobs {name.lower()} config should implement the script:, run:, or trigger: keyword"
            yield GitLabError(words, content.keys_at[name])


def _job(name: str, content: Map) -> Iterator[GitLabError]:
    job: Map = content[name]
    if len(name) > _NAME_LENGTH:
        yield GitLabError(f"jobs:{name} name is too long (maximum is {_NAME_LENGTH} characters)", content.keys_at[name])
    unknown = [key for key in job if isinstance(key, str | Symbol) and str(key) not in JOB_KEYWORDS]
    if unknown:
        listed = ", ".join(map(str, unknown))
        suggestion = _nearest(str(unknown[0]), JOB_KEYWORDS)
        yield GitLabError(
            f"jobs:{name.lower()} config contains unknown keys: {listed}", job.keys_at[unknown[0]], suggestion
        )


def _stages(content: Map, open_ended: bool) -> Iterator[GitLabError]:
    """Yield the jobs whose stage is not there; an include that we cannot read may bring it."""
    said = content.get("stages")
    named = [str(stage) for stage in said] if isinstance(said, list) else list(_STAGES)
    known = [".pre", *(stage for stage in named if stage not in (".pre", ".post")), ".post"]
    for name in visible_names(content):
        job = extended(name, content)
        stage = job.get("stage", "test")
        if isinstance(stage, str) and stage not in known and not open_ended:
            at = job.values_at.get("stage", content.keys_at[name])
            words = f"{name} job: chosen stage {stage} does not exist; available stages are {', '.join(known)}"
            yield GitLabError(words, at, _nearest(stage, frozenset(known)))


def _nearest(word: str, known: frozenset[str]) -> str:
    import difflib

    close = difflib.get_close_matches(word, sorted(known), n=1)
    return close[0] if close else ""
