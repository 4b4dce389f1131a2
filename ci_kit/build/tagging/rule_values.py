"""What the words of a rule come to in one job: expressions, variables, conditions.

Dates are the commit's, never today's: the same commit gets the same tags on every day.
"""

import re
from collections.abc import Mapping
from functools import cached_property, partial

from ci_kit.build.tagging import moment, template
from ci_kit.build.tagging.tag_rule import OF_VERSION, TagRule
from ci_kit.build.tagging.template import DATES, Expression, Template
from ci_kit.build.tagging.version import Version
from ci_kit.errors import UsageError
from ci_kit.model.grammar import VARIABLE
from ci_kit.model.record import JobFacts

_SHORT = 8  # characters, as in CI_COMMIT_SHORT_SHA


class Job:
    """What rules may ask: the facts and the job's variables."""

    def __init__(self, facts: JobFacts, environ: Mapping[str, str]) -> None:
        self.facts = facts
        self.environ = environ

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """The variables of the job; outside of a job the checkout answers for the commit's."""
        facts = self.facts
        said = {
            "CI_COMMIT_SHA": facts.sha,
            "CI_COMMIT_SHORT_SHA": short(facts.sha),
            "CI_COMMIT_REF_NAME": facts.ref,
            "CI_COMMIT_REF_SLUG": facts.ref_slug,
            "CI_COMMIT_BRANCH": facts.branch,
            "CI_COMMIT_TAG": facts.tag,
            "CI_COMMIT_TIMESTAMP": facts.timestamp,
            "CI_DEFAULT_BRANCH": facts.default_branch,
            "CI_MERGE_REQUEST_IID": facts.merge_request,
        }
        return {name: value for name, value in said.items() if value} | dict(self.environ)

    @property
    def branch(self) -> str:
        """The branch of a branch pipeline, empty in any other."""
        return "" if self.facts.tag or self.facts.merge_request else self.facts.branch

    @property
    def is_scheduled(self) -> bool:
        """Whether a schedule started the pipeline."""
        return self.environ.get("CI_PIPELINE_SOURCE") == "schedule"


def short(sha: str) -> str:
    """Return the beginning of a SHA as GitLab shortens it."""
    return sha[:_SHORT]


def is_enabled(rule: TagRule, job: Job) -> bool:
    """Tell whether the rule's condition holds; a variable that the job does not have is null, as in `rules: if`."""
    if rule.enable in ("true", "false"):
        return rule.enable == "true"
    if rule.enable == "is_default_branch":
        return job.facts.on_default_branch
    if rule.enable == "is_not_default_branch":
        return not job.facts.on_default_branch
    from ci_kit.language import expression  # few rules have one
    from ci_kit.language.scope import Scope

    return bool(expression.truth(rule.enable, Scope(dict(job.variables), complete=True)))


def text(said: Template, job: Job, place: str, version: Version | None = None) -> str:
    """Return a template's text; UsageError when it needs a variable or date that the job does not have."""

    def value(asked: Expression) -> str:
        if asked.name in DATES:
            return _date(asked, job.facts.timestamp, place)
        return _of_version(asked, version) if version and asked.name in OF_VERSION else _of_job(asked, job)

    return template.render(said, value, lambda part: VARIABLE.sub(partial(_variable, job, place), part))


def _variable(job: Job, place: str, match: re.Match[str]) -> str:
    name = match[1] or match[2]
    if name not in job.variables:
        hint = f"set it in the job, or give the rule a condition: enable=${name}"
        raise UsageError(f"a tag rule needs the variable {name}, which is not set", place=place, hint=hint)
    return job.variables[name]


def _of_version(asked: Expression, version: Version) -> str:
    return str(getattr(version, "text" if asked.name == "version" else asked.name))


def _of_job(asked: Expression, job: Job) -> str:
    facts = job.facts
    known = {
        "branch": job.branch,
        "tag": facts.tag,
        "sha": facts.sha,
        "short_sha": short(facts.sha),
        "mr": facts.merge_request,
        "base_ref": job.environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", ""),
        "is_default_branch": str(facts.on_default_branch).lower(),
        "is_not_default_branch": str(not facts.on_default_branch).lower(),
    }
    return known[asked.name]


def _date(asked: Expression, timestamp: str, place: str) -> str:
    date, zone = moment.commit_date(timestamp), moment.zone(asked.zone)
    if date is None or zone is None:
        hint = "run in a GitLab job or a git checkout, or set CI_COMMIT_TIMESTAMP to a date of ISO 8601"
        raise UsageError(f"{{{{{asked.name}}}}} needs the commit's date, which is not known", place=place, hint=hint)
    return moment.written(date.astimezone(zone), asked.form)
