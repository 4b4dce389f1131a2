"""Whether DOCKER_AUTH_CONFIG is what docker's config.json holds."""

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good
from ci_kit.errors import UsageError
from ci_kit.registry import credentials

_NAME = "DOCKER_AUTH_CONFIG"


def check(case: Case) -> Result:
    """Return whether it is set; what is wrong with it is told without its content."""
    if not case.environ.get(_NAME):
        return good("not set")
    try:
        said = credentials.of_variable(case.environ)
        if not isinstance(said.get("auths", {}), dict):
            return bad("auth-config-invalid", f"{_NAME}: auths is no map", goes_on=True)
        if case.image:
            credentials.of_auths(case.image.registry, said, _NAME)
    except UsageError as error:
        return bad("auth-config-invalid", f"{_NAME}: {error.message}", goes_on=True)
    if not said:
        return bad("auth-config-invalid", f"{_NAME}: is no map", goes_on=True)
    return good(f"{len(said.get('auths') or {})} logins")  # type: ignore[arg-type]
