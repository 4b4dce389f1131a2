"""Which user and password are there for the registry."""

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good
from ci_kit.errors import UsageError
from ci_kit.registry import credentials


def check(case: Case) -> Result:
    """Return whose credentials are used; what is wrong with the places that hold them stops nothing."""
    if case.credentials is not None:
        return good(f"as {case.credentials.who}")
    try:
        assert case.image is not None
        case.credentials = credentials.find(case.image.registry, case.environ)
    except UsageError as error:
        place = f"{error.place}: " if error.place else ""
        return bad(error.cause or "config-invalid", f"{place}{error.message}", goes_on=True)
    return good(f"as {case.credentials.who}")
