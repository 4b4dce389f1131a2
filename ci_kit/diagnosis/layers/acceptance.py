"""Whether the registry takes the token that its own token service gave, and how far the clocks are apart."""

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, good, unknown
from ci_kit.registry import grant


def check(case: Case) -> Result:
    """Return that the token is taken; the RegistryError of `grant.acceptance` says why it is not."""
    if case.token is None:
        return good("no token is used") if case.challenge and case.challenge.scheme != "bearer" else unknown("no token")
    case.apart = grant.acceptance(case.client, case.token)
    said = "the token is taken"
    return good(said if case.apart is None else f"{said}; the clocks are {abs(case.apart):.0f} s apart")
