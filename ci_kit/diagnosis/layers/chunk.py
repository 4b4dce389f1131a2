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
}
_OTHERWISE = "upload-cut"


def check(case: Case) -> Result:
    """Return that all went through; nothing is left in the registry but an upload that it forgets by itself."""
    if not case.upload:
        return unknown("no upload has begun")
    try:
        address = trial.send(case.client, case.repository, case.upload)
    except RegistryError as error:
        trial.cancel(case.client, case.repository, case.upload)
        found = of_error(error, _OTHERWISE)
        return bad(_HERE.get(found.cause, found.cause), found.text, found.confidence)
    kept = trial.is_kept(case.client, case.repository, address)
    trial.cancel(case.client, case.repository, address)
    if kept is False:
        seen = "1.2 MB were taken, and a moment later the registry does not know the upload"
        return bad("writes-vanish", seen, "likely")
    case.proved = True
    return good(f"{trial.SIZE / 1e6:.1f} MB went through, the upload is given back")
