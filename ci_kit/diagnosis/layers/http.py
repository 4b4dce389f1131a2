"""What answers at `/v2/`: a registry that says how it wants us to log in, or something else."""

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, of_error
from ci_kit.errors import TransportError
from ci_kit.registry.transport import Request


def check(case: Case) -> Result:
    """Return what the registry asks for."""
    try:
        case.challenge = case.client.challenge()
    except TransportError as error:
        return _of_old(case) if error.cause == "v2-not-found" and _is_old(case) else of_error(error, "not-a-registry")
    kinds = {"bearer": "tokens from " + case.challenge.realm, "basic": "a user and a password"}
    return good(f"a registry, which wants {kinds.get(case.challenge.scheme, 'no login')}")


def _is_old(case: Case) -> bool:
    """Tell whether the registry of 2013 answers there, which has its own address for that."""
    try:
        answer = case.client.visit(Request("GET", f"https://{case.registry}/v1/_ping", {}))
    except TransportError:
        return False
    return answer.status == 200 and (answer.body.strip() == b"true" or "x-docker-registry-version" in answer.headers)


def _of_old(case: Case) -> Result:
    return bad("registry-v1", f"https://{case.registry}/v1/_ping answers as a registry, /v2/ is not there")
