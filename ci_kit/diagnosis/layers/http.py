"""What answers at `/v2/`: a registry that says how it wants us to log in, or something else."""

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, good, of_error
from ci_kit.errors import TransportError


def check(case: Case) -> Result:
    """Return what the registry asks for."""
    try:
        case.challenge = case.client.challenge()
    except TransportError as error:
        return of_error(error, "not-a-registry")
    kinds = {"bearer": "tokens from " + case.challenge.realm, "basic": "a user and a password"}
    return good(f"a registry, which wants {kinds.get(case.challenge.scheme, 'no login')}")
