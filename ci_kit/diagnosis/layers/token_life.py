"""Whether the registry's tokens live long enough for a large layer."""

import time

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, unknown
from ci_kit.registry.auth import claims

_SHORTEST = 60.0  # seconds; what the specification takes for a token that says nothing


def check(case: Case) -> Result:
    """Return how long a token lives, which is too short below a minute."""
    if case.token is None:
        return unknown("no token is used")
    begun = claims(case.token).get("iat")
    seconds = case.token.expires - (begun if isinstance(begun, int | float) else time.time())
    text = f"a token lives {seconds:.0f} s"
    return bad("token-short-life", text, "likely", goes_on=True) if seconds < _SHORTEST else good(text)
