"""Whether docker's own login for this registry is still good, where another one was used."""

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, unknown
from ci_kit.errors import CredentialsError, RegistryError, UsageError
from ci_kit.registry import credentials
from ci_kit.registry.auth import Credentials
from ci_kit.registry.opening import open_registry
from ci_kit.registry.patience import once

_SPENT = {"wrong-password", "stale-login"}


def check(case: Case) -> Result:
    """Return whether docker would get in; asked only after another password was good: one wrong one is enough."""
    login = _of_docker(case)
    if login is None:
        return good("docker has none, or the one that was used")
    if case.findings & _SPENT:
        return unknown("a password was refused already: no second one is tried")
    if case.credentials is None or case.challenge is None or not case.proved:
        return unknown("the registry could not be asked")
    client = open_registry(case.registry, login, case.environ, patience=once())
    try:
        client.check_password()
    except CredentialsError as error:
        return bad("stale-login", f"{error.message}, while that of {case.credentials.source} is good", goes_on=True)
    except RegistryError as error:
        return unknown(error.message)
    finally:
        client.close()
    return good(f"good too, from {login.source}")


def _of_docker(case: Case) -> Credentials | None:
    """Return docker's login when it is another than the one that was used."""
    if case.image is None or case.credentials is None:
        return None
    try:
        found = credentials.of_docker(case.image.registry, case.environ)
    except UsageError:
        return None
    same = found and (found.user, found.password) == (case.credentials.user, case.credentials.password)
    return None if same else found
