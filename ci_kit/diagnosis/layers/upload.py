"""Whether an upload can begin."""

from ci_kit.diagnosis.case import PUSH, Case
from ci_kit.diagnosis.result import Result, good, unknown
from ci_kit.registry import trial


def check(case: Case) -> Result:
    """Return that an upload has begun; the RegistryError of the registry's refusal says why it has not."""
    if case.purpose != PUSH:
        return unknown("nothing is written to prove a pull")
    if not case.repository:
        return unknown("no repository is named")
    if case.credentials is None:
        return unknown("there are no credentials that could be read")
    case.begun = trial.begin(case.client, case.repository)
    return good("the registry begins an upload")
