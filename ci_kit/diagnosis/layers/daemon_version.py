"""Whether the client's version is one that the daemon speaks."""

from ci_kit.daemon import api
from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, unknown


def check(case: Case) -> Result:
    """Return the daemon's version; a number in DOCKER_API_VERSION that it does not speak is a cause."""
    if case.endpoint is None or case.ready is None:
        return unknown("no daemon answers")
    said = api.ask(case.endpoint, "/version")
    most, least = str(said.get("ApiVersion", "")), str(said.get("MinAPIVersion", ""))
    wanted = case.environ.get("DOCKER_API_VERSION", "")
    text = f"Docker {said.get('Version', '?')}, API {least or '?'} to {most or '?'}"
    if wanted and most and not _number(least) <= _number(wanted) <= _number(most):
        return bad("daemon-too-old", f"DOCKER_API_VERSION is {wanted}; the daemon is {text}", goes_on=True)
    return good(text)


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in text.split("."))
