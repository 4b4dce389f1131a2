"""The job's predefined variables as one value; git answers for them on a laptop.

Source: GitLab docs "Predefined CI/CD variables reference".
"""

import re
from collections.abc import Mapping
from pathlib import Path

from ci_kit.errors import UsageError
from ci_kit.gitlab_api import checkout
from ci_kit.model.record import JobFacts
from ci_kit.model.tag_name import slug

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z", re.ASCII)


def read(environ: Mapping[str, str], root: Path) -> JobFacts:
    """Return what is known of this job or checkout; UsageError when no commit can be named."""
    known = {name: value for name, value in environ.items() if name.startswith("CI_") and value}
    if "CI_COMMIT_SHA" not in known:
        known = checkout.read(root, environ) | known
    sha = known.get("CI_COMMIT_SHA", "")
    if not _SHA.match(sha):
        problem = (
            f"{sha!r} is not a full commit SHA" if sha else "is not set, and this is not a git repository with a commit"
        )
        raise UsageError(
            problem, place="CI_COMMIT_SHA", hint="run in a GitLab job or in a checkout: the image is tagged by it"
        )
    return _facts(known, sha)


def _facts(known: Mapping[str, str], sha: str) -> JobFacts:
    def get(name: str) -> str:
        return known.get(name, "")

    reference = get("CI_COMMIT_REF_NAME") or get("CI_COMMIT_TAG") or get("CI_COMMIT_BRANCH")
    return JobFacts(
        sha=sha,
        ref=reference,
        ref_slug=get("CI_COMMIT_REF_SLUG") or slug(reference),
        branch=get("CI_COMMIT_BRANCH"),
        tag=get("CI_COMMIT_TAG"),
        default_branch=get("CI_DEFAULT_BRANCH"),
        merge_request=get("CI_MERGE_REQUEST_IID"),
        target_branch=get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        target_sha=get("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
        timestamp=get("CI_COMMIT_TIMESTAMP"),
        project_id=get("CI_PROJECT_ID"),
        project_url=get("CI_PROJECT_URL"),
        job_url=get("CI_JOB_URL"),
        pipeline_id=get("CI_PIPELINE_ID"),
        api_url=get("CI_API_V4_URL").removesuffix("/").removesuffix("/api/v4") or get("CI_SERVER_URL"),
    )
