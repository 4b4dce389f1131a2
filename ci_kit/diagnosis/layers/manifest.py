"""Whether the image that shall be pulled is there."""

from ci_kit.diagnosis.case import PULL, Case
from ci_kit.diagnosis.result import Result, bad, good, unknown


def check(case: Case) -> Result:
    """Return its digest; that no tag is named, and none is called latest, is nothing wrong."""
    if case.purpose != PULL:
        return unknown("a push needs no image to be there")
    if case.image is None or not case.repository:
        return unknown("no repository is named")
    if case.credentials is None:
        return unknown("there are no credentials that could be read")
    digest = case.client.digest(case.image)
    case.proved = True
    if digest:
        return good(f"{case.image} is {digest}")
    if case.image.tag or case.image.digest:
        return bad("tag-unknown", f"the registry has no {case.image}")
    return good(f"{case.image} is not there; no tag was named")
