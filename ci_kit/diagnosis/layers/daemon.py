"""Whether the Docker daemon answers, and if not, which of its many reasons it is."""

from pathlib import Path

from ci_kit.daemon import endpoint, readiness
from ci_kit.daemon.endpoint import Endpoint
from ci_kit.daemon.readiness import Ready, Trouble
from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, unknown
from ci_kit.errors import UsageError

_SECONDS = 4.0
_WISHES = (
    "DOCKER_TLS_CERTDIR",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "DOCKER_DRIVER",
)  # who sets one wants a daemon
_SYS_ADMIN = 1 << 21  # capabilities(7)
_NOT_THERE = ("daemon-no-service", "daemon-not-ready", "daemon-certificates-missing")


def check(case: Case) -> Result:
    """Return what answers; without any sign of a daemon none is missed."""
    try:
        found = endpoint.find(case.environ)
    except UsageError as error:
        return bad("daemon-address", f"{error.place}: {error.message}", goes_on=True)
    if not case.environ.get("DOCKER_HOST") and found.socket and not Path(found.socket).exists():
        return _without(case, found)
    case.endpoint = found
    answer = readiness.look(found, _SECONDS)
    if isinstance(answer, Trouble):
        return _of_trouble(case, found, answer)
    case.ready = answer
    return good(_said(found, answer))


def _said(found: Endpoint, answer: Ready) -> str:
    return f"{found.address}{' with TLS' if found.certificates else ''}, API {answer.api_version}"


def _without(case: Case, found: Endpoint) -> Result:
    wish = next((name for name in _WISHES if case.environ.get(name)), "")
    if case.environ.get("GITLAB_CI") and wish:
        evidence = f"DOCKER_HOST is not set and {found.socket} is not there, though {wish} is set"
        return bad("daemon-none", evidence, "likely", goes_on=True)
    return unknown("DOCKER_HOST is not set, and there is no socket")


def _of_trouble(case: Case, found: Endpoint, trouble: Trouble) -> Result:
    evidence = f"{found.address}: {trouble.message}"
    if trouble.cause in _NOT_THERE and not found.socket and case.environ.get("GITLAB_CI") and not _may_mount():
        seen = f"{evidence}; CapEff of this job lacks SYS_ADMIN, so the runner's containers are not privileged"
        return bad("daemon-not-privileged", seen, "likely", goes_on=True)
    sure = trouble.cause != "daemon-not-ready"
    return bad(trouble.cause, evidence, "certain" if sure else "likely", goes_on=True)


def _may_mount() -> bool:
    """Tell whether this process has the capability that a privileged container has; job and service have it alike."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        return bool(int(next(line for line in lines if line.startswith("CapEff:")).split()[1], 16) & _SYS_ADMIN)
    except (OSError, StopIteration, ValueError, IndexError):
        return True
