"""The keywords of a job with a check each, in the order in which GitLab asks; a keyword is its check and its line.

What has no line here (`secrets`, `identity`, `dast_configuration`: not in the free edition's source) is left to the
JSON schema that GitLab publishes.
"""

from ci_kit.language.fault import Check
from ci_kit.language.keywords.artifacts import artifacts
from ci_kit.language.keywords.cache import cache
from ci_kit.language.keywords.environment import environment
from ci_kit.language.keywords.image import image, services
from ci_kit.language.keywords.inherit import inherit
from ci_kit.language.keywords.inputs import inputs
from ci_kit.language.keywords.needs import bridge_needs, needs
from ci_kit.language.keywords.only import except_, only
from ci_kit.language.keywords.pages import pages
from ci_kit.language.keywords.parallel import bridge_parallel, parallel
from ci_kit.language.keywords.release import release
from ci_kit.language.keywords.retry import retry
from ci_kit.language.keywords.rules import rules
from ci_kit.language.keywords.scalar import (
    allow_failure,
    bridge_allow_failure,
    bridge_when,
    coverage,
    dependencies,
    extends,
    interruptible,
    run,
    tags,
    text,
    when,
)
from ci_kit.language.keywords.script import after_script, before_script, hooks, script
from ci_kit.language.keywords.timing import timeout
from ci_kit.language.keywords.tokens import id_tokens
from ci_kit.language.keywords.trigger import trigger
from ci_kit.language.keywords.variables import job_variables

KEYWORDS: dict[str, Check] = {
    "after_script": after_script,
    "allow_failure": allow_failure,
    "artifacts": artifacts,
    "before_script": before_script,
    "cache": cache,
    "coverage": coverage,
    "dependencies": dependencies,
    "environment": environment,
    "except": except_,
    "extends": extends,
    "hooks": hooks,
    "id_tokens": id_tokens,
    "image": image,
    "inherit": inherit,
    "inputs": inputs,
    "interruptible": interruptible,
    "manual_confirmation": text("manual_confirmation"),
    "needs": needs,
    "only": only,
    "pages": pages,
    "parallel": parallel,
    "publish": text("publish", entry=True),
    "release": release,
    "resource_group": text("resource_group"),
    "retry": retry,
    "rules": rules,
    "run": run,
    "script": script,
    "services": services,
    "stage": text("stage", entry=True),
    "tags": tags,
    "timeout": timeout,
    "variables": job_variables,
    "when": when,
}
BRIDGE_KEYWORDS: dict[str, Check] = {
    **{
        name: KEYWORDS[name]
        for name in ("environment", "except", "extends", "inherit", "interruptible", "only", "resource_group")
    },
    **{name: KEYWORDS[name] for name in ("rules", "stage", "variables")},
    "allow_failure": bridge_allow_failure,
    "needs": bridge_needs,
    "parallel": bridge_parallel,
    "trigger": trigger,
    "when": bridge_when,
}
