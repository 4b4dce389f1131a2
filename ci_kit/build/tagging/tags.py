"""The tags of an image: the commit's first, which is pushed and verified before any other is set.

Without rules these are the commit's SHA, then the git tag, `mr-N`, or the branch and on the default branch `latest`.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from ci_kit.build.tagging import rule_tags, rule_values
from ci_kit.build.tagging.rule_tags import Found
from ci_kit.build.tagging.rule_values import Job
from ci_kit.build.tagging.tag_rule import Flavor, TagRules
from ci_kit.errors import UsageError
from ci_kit.model.planned_tag import PlannedTag, TagKind, VersionLine
from ci_kit.model.record import JobFacts
from ci_kit.model.tag_name import sanitised
from ci_kit.registry.reference import is_tag

_PARTIAL = re.compile(r"v?([0-9]{1,9})(?:\.([0-9]{1,9}))?", re.ASCII)
_KINDS: tuple[TagKind, ...] = ("commit", "version", "moving")


class Tags(NamedTuple):
    """The tags of one image, the first of kind `commit`; `version` is the one they are made of, empty without one."""

    planned: tuple[PlannedTag, ...]
    version: str = ""


def plan(rules: TagRules, job: Job, place: str = "") -> Tags:
    """Return the tags that the rules make, without rules the usual ones.

    UsageError when there are rules and none makes a tag, or one needs what the job does not have.
    """
    if not rules.rules:
        _require_rule(rules, place)
        return Tags(_usual(job.facts))
    results = [rule_tags.made(rule, rules.flavor, job) for rule in rules.rules]
    found = [each for each in results if isinstance(each, Found)]
    if not found:
        raise UsageError(_nothing(rules, results), place=place, hint="add type=sha: it makes a tag in every pipeline")
    planned = [_planned(each, found, job) for each in found]
    planned += _latest(rules, found, job)
    versions = [each.version.text for each in found if each.version]
    return Tags(_commit_first(planned, job.facts), versions[0] if versions else "")


def _usual(facts: JobFacts) -> tuple[PlannedTag, ...]:
    """Return the commit's SHA, which never moves, and the tags that follow what the pipeline is of.

    A merge request never moves its source branch's tag: a fork may call that branch `main`. Nor does a branch or a
    git tag move what others rely on by being called like it: a commit's tag, `latest` or `mr-N`.
    """
    fixed = PlannedTag(facts.sha, "commit")
    if facts.tag:
        name = sanitised(facts.tag)
        return (fixed, *_valid(() if rule_tags.is_commit(name) else (name,), rule_tags.kind_of_git_tag(facts.tag)))
    if facts.merge_request:
        return (fixed, *_valid((f"mr-{facts.merge_request}",)))
    slug = "" if rule_tags.is_reserved(facts.ref_slug) else facts.ref_slug
    return (fixed, *_valid((slug, "latest" if facts.on_default_branch else "")))


def _require_rule(rules: TagRules, place: str) -> None:
    if rules.flavor != Flavor():
        raise UsageError("there is a line for all tags, but no rule for a tag", place=place, hint="add type=sha")


def _valid(names: Sequence[str], kind: TagKind = "moving") -> list[PlannedTag]:
    return [PlannedTag(name, kind) for name in dict.fromkeys(names) if is_tag(name)]


def _nothing(rules: TagRules, results: Sequence[object]) -> str:
    reasons = [f"{rule.text!r}: {reason}" for rule, reason in zip(rules.rules, results, strict=True)]
    return f"no rule makes a tag here: {'; '.join(reasons)}"[:600]


def _planned(one: Found, found: Sequence[Found], job: Job) -> PlannedTag:
    kind = one.kind or _kind(one, job)
    line = _line(one, found, job) if kind == "moving" and one.rule.type not in ("branch", "mr", "schedule") else None
    return PlannedTag(one.name, kind, line, one.rule.text)


def _kind(one: Found, job: Job) -> TagKind:
    """Return what the name of a free tag is: a commit, a whole version, or something that moves."""
    if one.name == job.facts.sha:
        return "commit"
    known = rule_tags.version_of(one.middle)
    is_whole = known and (known[0] == "semver" or not known[1].stable or one.middle.count(".") > 1)
    return "version" if is_whole else "moving"


def _line(one: Found, found: Sequence[Found], job: Job) -> VersionLine | None:
    """Return the versions that a moving tag follows: those of its own rule, else of the git tag or another rule."""
    if one.version:
        return _of_versions(one, one.numbers, found)
    leader = next((each for each in found if each.version), None)
    known = rule_tags.version_of(job.facts.tag) if leader is None else None
    version = leader.version if leader else known[1] if known else None
    if version is None:
        return None
    partial = _PARTIAL.fullmatch(one.middle)
    numbers = tuple(int(number) for number in partial.groups() if number) if partial else ()
    if numbers != (version.major, version.minor)[: len(numbers)]:
        return None
    if leader:
        return _of_versions(leader, numbers, found)
    return VersionLine(known[0] if known else "", version.raw, numbers, (one.around,))


def _of_versions(leader: Found, numbers: tuple[int, ...], found: Sequence[Found]) -> VersionLine:
    """Return the line of `leader`: versions with the same prefix and suffix, for only they are the same variant."""
    assert leader.version is not None
    like = [each for each in found if each.rule.type == leader.rule.type and each.around == leader.around]
    beside = [each.whole for each in like if each.whole] + [("", "")]
    around = [(leader.around[0] + before, after + leader.around[1]) for before, after in beside]
    return VersionLine(leader.rule.type, leader.version.raw, numbers, tuple(dict.fromkeys(around)))


def _latest(rules: TagRules, found: Sequence[Found], job: Job) -> list[PlannedTag]:
    """Return `latest` where all tags or the first of them, the version of the image, bring it along."""
    flavor, first = rules.flavor, found[0]
    if flavor.latest == "false" or (flavor.latest == "auto" and not first.has_latest):
        return []
    prefix = rule_values.text(flavor.prefix, job, first.rule.place) if flavor.prefixes_latest else ""
    suffix = rule_values.text(flavor.suffix, job, first.rule.place) if flavor.suffixes_latest else ""
    name = sanitised(f"{prefix}latest{suffix}")
    return [PlannedTag(name, "moving", _line(first._replace(middle="latest", numbers=()), found, job), "latest")]


def _commit_first(planned: Sequence[PlannedTag], facts: JobFacts) -> tuple[PlannedTag, ...]:
    """Return each tag once, one of kind `commit` first: the SHA where no rule makes one.

    An image needs one tag that nobody else moves: under it it is pushed and verified.
    """
    strictest = sorted(planned, key=lambda tag: _KINDS.index(tag.kind))
    kept = {tag.name: tag for tag in reversed(strictest)}
    ordered = [kept[name] for name in dict.fromkeys(tag.name for tag in planned)]
    first = next((tag for tag in ordered if tag.kind == "commit"), PlannedTag(facts.sha, "commit"))
    return (first, *(tag for tag in ordered if tag.name != first.name))
