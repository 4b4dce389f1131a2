"""Whether this machine's clock agrees with the registry's."""

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, unknown

_APART = 300.0  # seconds; less hurts nobody here


def check(case: Case) -> Result:
    """Return how far the clocks are apart."""
    if case.apart is None:
        return unknown("the registry told no time")
    text = f"{abs(case.apart):.0f} s {'ahead of' if case.apart > 0 else 'behind'} that of {case.registry}"
    if abs(case.apart) > _APART:
        return bad("machine-clock", f"this machine's clock is {text}", "likely", goes_on=True)
    return good(text if abs(case.apart) >= 1 else f"that of {case.registry}")
