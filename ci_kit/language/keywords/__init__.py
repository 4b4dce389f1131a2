"""The keywords of a job, of a job that triggers, of `default:` and of the whole file, in GitLab's order.

The order is that of GitLab's declarations: in it GitLab looks into a job, whatever the order of the file. A keyword
is its check, in the file of its name, and its line here; a file has few of them, and only theirs are imported.

Sources: gitlab `lib/gitlab/ci/config/entry` (processable.rb, job.rb, bridge.rb, default.rb, root.rb) and, for the last
three of a job, `ee/lib/ee/gitlab/ci/config/entry/job.rb`.
"""

from functools import cache
from importlib import import_module

from ci_kit.language.fault import Check

_SHARED: dict[str, str] = {
    "stage": "stage:stage",
    "only": "only:only",
    "except": "only:except_",
    "rules": "rules:rules",
    "variables": "variables:job_variables",
    "inherit": "inherit:inherit",
    "environment": "environment:environment",
    "interruptible": "interruptible:interruptible",
}
# What a job holds, and the check as module:function.
KEYWORDS: dict[str, str] = {
    **_SHARED,
    "before_script": "script:before_script",
    "script": "script:script",
    "after_script": "script:after_script",
    "hooks": "hooks:hooks",
    "cache": "cache:cache",
    "image": "image:image",
    "services": "services:services",
    "timeout": "timeout:timeout",
    "retry": "retry:retry",
    "tags": "tags:tags",
    "artifacts": "artifacts:artifacts",
    "needs": "needs:needs",
    "coverage": "coverage:coverage",
    "release": "release:release",
    "parallel": "parallel:parallel",
    "allow_failure": "allow_failure:allow_failure",
    "id_tokens": "id_tokens:id_tokens",
    "publish": "publish:publish",
    "pages": "pages:pages",
    "inputs": "inputs:inputs",
    "dast_configuration": "dast_configuration:dast_configuration",
    "identity": "identity:identity",
    "secrets": "secrets:secrets",
}
BRIDGE_KEYWORDS: dict[str, str] = {
    **_SHARED,
    "trigger": "trigger:trigger",
    "needs": "needs:bridge_needs",
    "parallel": "parallel:bridge_parallel",
}
# What a job says of itself; `keywords/job.py` and `keywords/bridge.py` look at it.
_OF_BOTH = frozenset(("extends", "when", "allow_failure", "resource_group"))
JOB_KEYS = frozenset(KEYWORDS) | _OF_BOTH | {"start_in", "dependencies", "manual_confirmation", "run"}
BRIDGE_KEYS = frozenset(BRIDGE_KEYWORDS) | _OF_BOTH

_DEFAULTS = (
    *("before_script", "after_script", "hooks", "cache", "image", "services", "interruptible", "timeout", "retry"),
    *("tags", "artifacts", "id_tokens"),
)
DEFAULT_KEYWORDS: dict[str, str] = {name: KEYWORDS[name] for name in _DEFAULTS}
ROOT_KEYWORDS: dict[str, str] = {
    "default": "default:default",
    "include": "include:include",
    "before_script": KEYWORDS["before_script"],
    "image": KEYWORDS["image"],
    "services": KEYWORDS["services"],
    "after_script": KEYWORDS["after_script"],
    "variables": "variables:global_variables",
    "stages": "stages:stages",
    "cache": KEYWORDS["cache"],
    "workflow": "workflow:workflow",
}


@cache
def check_of(where: str) -> Check:
    """Return the check that a value of the tables names."""
    module, _, function = where.partition(":")
    check: Check = getattr(import_module(f"{__name__}.{module}"), function)
    return check
