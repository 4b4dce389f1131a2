"""Whether 1.2 MB get through, the registry has them then, and the upload can be given back."""

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, of_error, unknown
from ci_kit.errors import RegistryError
from ci_kit.registry import trial

# What a cause means when it shows in the middle of an upload.
_HERE = {
    "connection-timeout": "upload-timeout",
    "connection-reset": "upload-cut",
    "registry-slow": "upload-timeout",
    "name-unknown": "upload-lost",
    "blocked": "writing-blocked",
}
_OTHERWISE = "upload-cut"
_UNCLEAR = ("upstream-down", "registry-error")  # a registry that refuses a body unread looks so behind a proxy
_ASKED = 2  # times: behind a balancer each may be another registry


def check(case: Case) -> Result:
    """Return that all went through; nothing is left in the registry but an upload that it forgets by itself."""
    if not case.upload:
        return unknown("no upload has begun")
    try:
        address = trial.send(case.client, case.repository, case.upload)
    except RegistryError as error:
        found = _of_failure(case, of_error(error, _OTHERWISE))
        trial.cancel(case.client, case.repository, case.upload)
        return found
    kept = trial.is_kept(case.client, case.repository, address)
    trial.cancel(case.client, case.repository, address)
    if kept is False:
        seen = "1.2 MB were taken, and a moment later the registry does not know the upload"
        return bad("writes-vanish", seen, "likely")
    case.proved = True
    return good(f"{trial.SIZE / 1e6:.1f} MB went through, the upload is given back")


def _of_failure(case: Case, found: Result) -> Result:
    """Tell what a failure means here, where the registry has answered a moment before."""
    if found.cause not in _UNCLEAR:
        return bad(_HERE.get(found.cause, found.cause), found.text, found.confidence)
    if any(trial.is_kept(case.client, case.repository, case.upload) is False for _ in range(_ASKED)):
        return bad("upload-lost", f"{found.text}; asked again, it does not know the upload", "likely")
    return bad("upload-cut" if found.cause == "upstream-down" else found.cause, found.text, "likely")
