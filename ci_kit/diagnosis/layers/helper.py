"""Whether the credential helper that answers for this registry is there and works."""

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, unknown
from ci_kit.errors import UsageError
from ci_kit.registry import credential_helper, credentials


def check(case: Case) -> Result:
    """Return what the helper says; of what it hands out nothing is told."""
    if case.image is None:
        return unknown("no registry is known")
    if "helper-fails" in case.findings:
        return unknown("it was asked once, and failed")
    folder = credentials.docker_config(case.environ)
    key = credentials.docker_key(case.image.registry)
    try:
        helper = credential_helper.of_config(credentials.read_config(folder), key, str(folder / "config.json"))
    except UsageError:
        return unknown("config.json cannot be read")
    if helper is None:
        return good("none is named for this registry")
    try:
        found = helper.get(key, case.environ)
    except UsageError as error:
        return bad(error.cause or "helper-fails", f"{error.place}: {error.message}", goes_on=True)
    return good(f"{helper.program} has {'a login' if found else 'no login'} for it")
