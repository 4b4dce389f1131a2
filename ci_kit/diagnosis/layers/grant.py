"""What the token allows on this very repository."""

from ci_kit.diagnosis.case import PUSH, Case
from ci_kit.diagnosis.result import Result, bad, good, of_error, unknown
from ci_kit.errors import DeniedError
from ci_kit.registry import protected_tags

_JOB = "gitlab-ci-token"


def check(case: Case) -> Result:
    """Return the actions that are granted, or why those that are needed are not."""
    if not case.repository:
        return unknown(f"no repository is named: rights belong to one, as in {case.registry}/group/project")
    if case.token is None and case.challenge and case.challenge.scheme == "bearer":
        return unknown("there is no token")
    wanted = ("pull,push", "delete") if case.purpose == PUSH else ("pull", "")
    try:
        token = case.client.check(case.repository, *wanted)
    except DeniedError as error:
        if case.outside and error.cause == "nothing-granted":
            return bad("name-outside-project", f"{error.message}; {case.outside}")
        return _of_job(case, error) or of_error(error, "nothing-granted")
    if token is None:
        return good("this registry does not say; the trial will")
    if case.image is not None and case.purpose == PUSH:
        protected_tags.require_tag(token, case.image)
    case.proved = case.purpose != PUSH
    return good(", ".join(sorted(token.allows(case.repository) or ())) or "the token does not say")


def _of_job(case: Case, error: DeniedError) -> Result | None:
    """Return that a job's token went to another project, None when it did not."""
    own = case.environ.get("CI_PROJECT_PATH", "").lower()
    of_job = case.credentials is not None and case.credentials.user == _JOB
    if not of_job or not own or f"{case.repository}/".startswith(f"{own}/"):
        return None
    return bad("job-token-elsewhere", f"{error.message}; the job is of {own}")
