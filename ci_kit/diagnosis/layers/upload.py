"""Whether an upload can begin."""

from ci_kit.diagnosis.case import PUSH, Case
from ci_kit.diagnosis.result import Result, bad, good, unknown
from ci_kit.errors import RegistryError
from ci_kit.registry import trial


def check(case: Case) -> Result:
    """Return that an upload has begun; the RegistryError of the registry's refusal says why it has not."""
    if case.purpose != PUSH:
        return unknown("nothing is written to prove a pull")
    if not case.repository:
        return unknown("no repository is named")
    if case.credentials is None:
        return unknown("there are no credentials that could be read")
    try:
        case.begun = trial.begin(case.client, case.repository)
    except RegistryError as error:
        if error.cause != "blocked":
            raise
        return bad("writing-blocked", f"{error.message}, with a page; /v2/ itself was let through", "likely")
    return good("the registry begins an upload")
