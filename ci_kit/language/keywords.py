"""Which top-level keys are no jobs, when GitLab takes one for a job, and what a job may say.

Source: gitlab `lib/gitlab/ci/config/entry/{root,jobs,hidden,job,bridge}.rb`, GitLab docs "CI/CD YAML syntax reference".
"""

from collections.abc import Iterator

from ci_kit.source.value import Map

RESERVED = frozenset(("include", "before_script", "image", "services", "after_script", "variables", "stages", "cache"))
_UNLESS_JOB = ("default", "workflow")
_JOB = """
    after_script allow_failure artifacts before_script cache coverage dast_configuration dependencies environment
    except extends hooks id_tokens identity image inherit inputs interruptible manual_confirmation needs only pages
    parallel publish release resource_group retry rules run script secrets services stage start_in tags timeout
    trigger variables when
"""
JOB_KEYWORDS = frozenset(_JOB.split())


def is_job(value: object) -> bool:
    """Tell whether GitLab sees a job or bridge in a value."""
    return isinstance(value, Map) and any(key in value for key in ("script", "run", "trigger", "needs"))


def visible_names(content: Map) -> Iterator[str]:
    """Yield the top-level keys that are, or have to be, jobs."""
    for name, value in content.items():
        if name in RESERVED or (name in _UNLESS_JOB and not is_job(value)):
            continue
        if isinstance(name, str) and not name.startswith("."):
            yield name
