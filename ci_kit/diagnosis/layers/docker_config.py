"""Whether docker's config.json can be read, and is one."""

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good
from ci_kit.errors import UsageError
from ci_kit.registry import credentials


def check(case: Case) -> Result:
    """Return what is in the file, by names alone."""
    folder = credentials.docker_config(case.environ)
    file = str(folder / "config.json")
    try:
        said = credentials.load_config(folder)
    except UsageError as error:
        return bad(error.cause or "config-invalid", f"{error.place}: {error.message}", goes_on=True)
    if not isinstance(said, dict):
        return bad("config-invalid", f"{file}: is no map", goes_on=True)
    auths = said.get("auths") or {}
    if not isinstance(auths, dict):
        return bad("config-invalid", f"{file}: auths is no map", goes_on=True)
    return _of_login(case, said, file) or good(f"{file}: {len(auths)} logins" if said else f"{file}: none")


def _of_login(case: Case, said: dict[str, object], file: str) -> Result | None:
    """Return what is wrong with the login for this registry, None when nothing is."""
    try:
        if case.image:
            credentials.of_auths(case.image.registry, said, file)
    except UsageError as error:
        return bad(error.cause or "config-invalid", f"{error.place}: {error.message}", goes_on=True)
    return None
