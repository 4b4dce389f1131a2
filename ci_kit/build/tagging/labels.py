"""OCI labels that lead from an image back to its commit, and the date of everything in it.

Sources: OCI "Image Format Specification", "Annotations: Pre-Defined Annotation Keys"; reproducible-builds.org,
"SOURCE_DATE_EPOCH"; GitLab docs "Predefined CI/CD variables reference".
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from ci_kit.build.tagging import moment
from ci_kit.errors import UsageError
from ci_kit.model.record import JobFacts

PREFIX = "org.opencontainers.image."
REVISION, CREATED, VERSION = f"{PREFIX}revision", f"{PREFIX}created", f"{PREFIX}version"
EPOCH = "SOURCE_DATE_EPOCH"

_NOTHING: Mapping[str, str] = MappingProxyType({})


def of(facts: JobFacts, environ: Mapping[str, str] = _NOTHING, version: str = "") -> dict[str, str]:
    """Return the labels that this job can answer for; the date is the commit's, so that a rebuild is equal.

    `version` is that of the image's tags; without one it is the git tag or branch.
    """
    said = {
        "title": environ.get("CI_PROJECT_TITLE", "") or environ.get("CI_PROJECT_NAME", ""),
        "description": environ.get("CI_PROJECT_DESCRIPTION", ""),
        "source": facts.project_url,
        "url": facts.project_url,
        "revision": facts.sha,
        "created": facts.timestamp,
        "version": version or facts.tag or facts.ref,
        "ref.name": facts.ref,
    }
    return {PREFIX + name: " ".join(value.split()) for name, value in said.items() if value.strip()}


def epoch(facts: JobFacts, environ: Mapping[str, str]) -> int | None:
    """Return the seconds since 1970 that every date in the image shall have: what the job says, else the commit's.

    None when neither is known; UsageError when the job says no number.
    """
    said = environ.get(EPOCH, "")
    if said and not re.fullmatch(r"[0-9]{1,12}", said, re.ASCII):
        raise UsageError(f"{said!r} is no number of seconds since 1970", place=EPOCH, hint="git log -1 --format=%ct")
    date = moment.commit_date(facts.timestamp)
    return int(said) if said else int(date.timestamp()) if date else None
