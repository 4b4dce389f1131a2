"""The keywords of a job that have a check; a keyword is its check and its line here.

What has no line (`secrets`, `identity`, `dast_configuration`: not in the free edition's source) is left to the
JSON schema that GitLab publishes.
"""

from functools import cache
from importlib import import_module

from ci_kit.language.fault import Check

# The keyword, and its check as module:function. A file has few of them, and only theirs are imported.
KEYWORDS: dict[str, str] = {
    "after_script": "script:after_script",
    "allow_failure": "scalar:allow_failure",
    "artifacts": "artifacts:artifacts",
    "before_script": "script:before_script",
    "cache": "cache:cache",
    "coverage": "coverage:coverage",
    "dependencies": "scalar:dependencies",
    "environment": "environment:environment",
    "except": "only:except_",
    "extends": "scalar:extends",
    "hooks": "script:hooks",
    "id_tokens": "tokens:id_tokens",
    "image": "image:image",
    "inherit": "inherit:inherit",
    "inputs": "inputs:inputs",
    "interruptible": "scalar:interruptible",
    "manual_confirmation": "scalar:manual_confirmation",
    "needs": "needs:needs",
    "only": "only:only",
    "pages": "pages:pages",
    "parallel": "parallel:parallel",
    "publish": "scalar:publish",
    "release": "release:release",
    "resource_group": "scalar:resource_group",
    "retry": "retry:retry",
    "rules": "rules:rules",
    "run": "scalar:run",
    "script": "script:script",
    "services": "image:services",
    "stage": "scalar:stage",
    "tags": "scalar:tags",
    "timeout": "timing:timeout",
    "variables": "variables:job_variables",
    "when": "scalar:when",
}
_SHARED = (
    *("environment", "except", "extends", "inherit", "interruptible", "only", "resource_group", "rules", "stage"),
    "variables",
)
BRIDGE_KEYWORDS: dict[str, str] = {
    **{name: KEYWORDS[name] for name in _SHARED},
    "allow_failure": "scalar:bridge_allow_failure",
    "needs": "needs:bridge_needs",
    "parallel": "parallel:bridge_parallel",
    "trigger": "trigger:trigger",
    "when": "scalar:bridge_when",
}


@cache
def check_of(where: str) -> Check:
    """Return the check that a value of KEYWORDS or BRIDGE_KEYWORDS names."""
    module, _, function = where.partition(":")
    check: Check = getattr(import_module(f"{__name__}.{module}"), function)
    return check
