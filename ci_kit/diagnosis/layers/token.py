"""Whether user and password are accepted: one attempt, never a second one."""

from ci_kit.diagnosis.case import PUSH, Case
from ci_kit.diagnosis.result import Result, bad, good, of_error, unknown
from ci_kit.errors import CredentialsError, RegistryError
from ci_kit.registry import trial
from ci_kit.registry.auth import Credentials, Token
from ci_kit.registry.transport import Request

_KEPT = "docker-credential-"


def check(case: Case) -> Result:
    """Return what the password gets: a token, or that the registry itself takes it."""
    login, challenge = case.credentials, case.challenge
    if login is None:
        return unknown("there are no credentials that could be read")
    if challenge is None or challenge.scheme == "none":
        return good("the registry asks nobody who he is")
    if not login.user and not login.identity and (case.purpose == PUSH or challenge.scheme == "basic"):
        return bad("no-credentials", f"nothing here names a user for {case.registry}")
    try:
        case.token = _ask(case, challenge.scheme)
    except CredentialsError as error:
        if challenge.scheme == "basic" and _is_of_proxy(case):
            return bad("proxy-login", f"{error.message}; the 401 is a page without a registry's header", "likely")
        return _of_refusal(login, error)
    except RegistryError as error:
        return of_error(error, "wrong-password")
    return good("a token" if case.token else "user and password are accepted")


def _ask(case: Case, scheme: str) -> Token | None:
    if scheme == "basic" or not case.repository:
        return case.client.check_password()
    return case.client.token(case.repository, trial.ACTIONS if case.purpose == PUSH else "pull")


def _is_of_proxy(case: Case) -> bool:
    """Tell whether the 401 comes from a proxy: a page, without what a registry writes into its answers."""
    answer = case.client.visit(Request("GET", case.client.identity.base, {}))
    page = "html" in answer.headers.get("content-type", "")
    return page and "docker-distribution-api-version" not in answer.headers


def _of_refusal(login: Credentials, error: CredentialsError) -> Result:
    """Tell a login that docker has kept from a password that was given to this job."""
    if login.user and (login.source.startswith(_KEPT) or login.source.endswith("config.json")):
        return bad("stale-login", error.message)
    return of_error(error, "wrong-password")
