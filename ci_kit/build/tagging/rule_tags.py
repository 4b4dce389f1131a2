"""The one tag that a rule makes in a job, or the reason why it makes none.

One function a type in _MAKERS; a rule's condition is judged before.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from ci_kit.build.tagging import pep440, rule_values, semver
from ci_kit.build.tagging.rule_values import Job
from ci_kit.build.tagging.tag_rule import OF_VERSION, Flavor, TagRule
from ci_kit.build.tagging.template import Expression, Template
from ci_kit.build.tagging.version import Version
from ci_kit.model.planned_tag import PENDING, TagKind
from ci_kit.model.tag_name import sanitised

PARSERS: dict[str, Callable[[str], Version | None]] = {"semver": semver.parse, "pep440": pep440.parse}
_SCHEME_NAMES = {"semver": "no semantic version", "pep440": "no version of PEP 440"}
_WHOLE = ({"version"}, {"raw"}, {"major", "minor", "patch"})
_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_RESERVED = re.compile(rf"{_COMMIT.pattern}|latest\Z|mr-[0-9]+\Z")


class Found(NamedTuple):
    """What a rule makes: `middle` is the tag without prefix and suffix, which are `around` it.

    `kind` is empty where the name has to tell it. A tag out of a version has that `version`; `whole` is what stands
    before and after it where the tag holds all of the version, `numbers` are the parts that it holds else.
    `has_latest` tells that `latest` goes with it.
    """

    rule: TagRule
    middle: str
    kind: TagKind | None = None
    version: Version | None = None
    whole: tuple[str, str] | None = None
    numbers: tuple[int, ...] = ()
    around: tuple[str, str] = ("", "")
    has_latest: bool = False

    @property
    def name(self) -> str:
        """The tag as registries take it; it may be empty."""
        return sanitised(f"{self.around[0]}{self.middle}{self.around[1]}")


def made(rule: TagRule, flavor: Flavor, job: Job) -> Found | str:
    """Return what the rule makes, or why it makes nothing; UsageError when it needs what the job does not have."""
    if not rule_values.is_enabled(rule, job):
        return "enable does not hold"
    found = _MAKERS[rule.type](rule, job)
    if isinstance(found, str):
        return found
    prefix = flavor.prefix if rule.prefix is None else rule.prefix
    suffix = flavor.suffix if rule.suffix is None else rule.suffix
    found = found._replace(around=(_text(rule, prefix, job), _text(rule, suffix, job)))
    return _refusal(found, job) or found


def is_commit(name: str) -> bool:
    """Tell whether a tag looks like a commit's SHA."""
    return bool(_COMMIT.match(name))


def is_reserved(name: str) -> bool:
    """Tell whether others rely on the tag, so that a branch that is called so must not take it."""
    return bool(_RESERVED.match(name))


def version_of(git_tag: str) -> tuple[str, Version] | None:
    """Return the version that a git tag is, with its scheme, None when it is none."""
    for scheme, parse in PARSERS.items():
        version = parse(git_tag)
        if version:
            return scheme, version
    return None


def kind_of_git_tag(name: str) -> TagKind:
    """Return `version` for a git tag with a digit in it; one without, like `nightly`, is moved in git too."""
    return "version" if re.search(r"[0-9]", name) else "moving"


def _text(rule: TagRule, said: Template, job: Job, version: Version | None = None) -> str:
    return rule_values.text(said, job, rule.place, version)


def _refusal(found: Found, job: Job) -> str:
    """Return why the name may not be used, empty when it may."""
    if not found.name:
        return "nothing is left of its name"
    if found.kind != "commit" and is_commit(found.name) and found.name != job.facts.sha:
        return f"{found.name[:12]}… is the tag of another commit"
    if found.rule.type == "content" and PENDING not in found.name:
        return "its prefix and suffix leave no room for the hash"
    if found.rule.type == "branch" and is_reserved(found.name):
        return f"the branch is called {found.name}, which others rely on"
    return ""


def _sha(rule: TagRule, job: Job) -> Found | str:
    sha = job.facts.sha
    return Found(rule, sha if rule.is_long else rule_values.short(sha), "commit")


def _content(rule: TagRule, job: Job) -> Found | str:
    return Found(rule, PENDING, "commit")


def _branch(rule: TagRule, job: Job) -> Found | str:
    return Found(rule, job.facts.ref_slug, "moving") if job.branch else "not the pipeline of a branch"


def _merge_request(rule: TagRule, job: Job) -> Found | str:
    number = job.facts.merge_request
    return Found(rule, number, "moving") if number else "not the pipeline of a merge request"


def _git_tag(rule: TagRule, job: Job) -> Found | str:
    name = job.facts.tag
    if not name:
        return "not the pipeline of a git tag"
    return Found(rule, name, kind_of_git_tag(name), has_latest=_is_release(name))


def _schedule(rule: TagRule, job: Job) -> Found | str:
    return Found(rule, _text(rule, rule.pattern, job), "moving") if job.is_scheduled else "not started by a schedule"


def _raw(rule: TagRule, job: Job) -> Found | str:
    return Found(rule, _text(rule, rule.value, job))


def _match(rule: TagRule, job: Job) -> Found | str:
    said = _text(rule, rule.value, job) if rule.value else job.facts.tag
    if not said:
        return "not the pipeline of a git tag"
    assert rule.match is not None
    found = rule.match.search(said)
    middle = found[int(rule.group) if rule.group.isdigit() else rule.group] if found else None
    if not middle:
        return f"the pattern is not in {said[:60]!r}"
    return Found(rule, middle, has_latest=_is_release(said))


def _version(rule: TagRule, job: Job) -> Found | str:
    said = _text(rule, rule.value, job) if rule.value else job.facts.tag
    if not said:
        return "not the pipeline of a git tag"
    if rule.match:
        found = rule.match.search(said)
        said = (found[1] if found.re.groups else found[0]) or "" if found else ""
    version = PARSERS[rule.type](said)
    if version is None:
        return f"{said[:60]!r} is {_SCHEME_NAMES[rule.type]}"
    return _unstable(rule, version) if not version.stable else _stable(rule, version, job)


def _unstable(rule: TagRule, version: Version) -> Found:
    """Return the whole version, whatever the pattern: a pre-release moves neither `1` nor `1.2`."""
    is_raw = rule.pattern == (Expression("raw"),)
    return Found(rule, version.raw if is_raw else version.text, "version", version, whole=("", ""))


def _stable(rule: TagRule, version: Version, job: Job) -> Found:
    names = {part.name for part in rule.pattern if isinstance(part, Expression)}
    is_whole = any(parts <= names for parts in _WHOLE)
    return Found(
        rule,
        _text(rule, rule.pattern, job, version),
        "version" if is_whole else "moving",
        version,
        whole=_beside_version(rule, job) if is_whole else None,
        numbers=_numbers(names, version),
        has_latest=True,
    )


def _beside_version(rule: TagRule, job: Job) -> tuple[str, str]:
    """Return what a pattern has before and after the version in it."""
    places = [index for index, part in enumerate(rule.pattern) if _is_of_version(part)]
    before, after = rule.pattern[: places[0]], rule.pattern[places[-1] + 1 :]
    return _text(rule, before, job), _text(rule, after, job)


def _is_of_version(part: str | Expression) -> bool:
    return isinstance(part, Expression) and part.name in OF_VERSION


def _numbers(names: set[str], version: Version) -> tuple[int, ...]:
    if "minor" in names:
        return (version.major, version.minor)
    return (version.major,) if "major" in names else ()


def _is_release(git_tag: str) -> bool:
    """Tell whether `latest` may go with a git tag: with any but a pre-release."""
    found = version_of(git_tag)
    return found is None or found[1].stable


_MAKERS: dict[str, Callable[[TagRule, Job], Found | str]] = {
    "sha": _sha,
    "content": _content,
    "branch": _branch,
    "mr": _merge_request,
    "tag": _git_tag,
    "schedule": _schedule,
    "raw": _raw,
    "match": _match,
    "semver": _version,
    "pep440": _version,
}
