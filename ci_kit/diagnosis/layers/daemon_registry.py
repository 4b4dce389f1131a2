"""Whether the daemon reaches the registry and trusts it: its certificates, DNS and proxies are its own."""

from ci_kit.daemon import api
from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, unknown

_CAUSES = (
    (("x509", "certificate"), "daemon-does-not-trust"),
    (("no such host", "server misbehaving", "name resolution", ": lookup "), "daemon-cannot-resolve"),
    (("http response to https client",), "registry-plain-http"),
    (("refused", "timeout", "no route", "unreachable", "proxyconnect", "context deadline"), "daemon-cannot-reach"),
)


def check(case: Case) -> Result:
    """Return that the daemon can log in; asked only with a password that was good from here, as docker login does."""
    if case.endpoint is None or case.ready is None:
        return unknown("no daemon answers")
    if not case.proved or case.image is None or case.credentials is None or not case.credentials.user:
        return unknown("only after a login from here")
    if case.is_plain:
        return unknown("the loopback of a daemon may be another one")
    login = {**case.credentials.daemon_login(), "serveraddress": case.image.registry}
    status, said = api.post(case.endpoint, "/auth", login)
    if status in (200, 204):
        return good(f"it logs in to {case.image.registry}")
    for words, cause in _CAUSES:
        if any(word in said.lower() for word in words):
            return bad(cause, f"the daemon says: {said}", goes_on=True)
    return unknown(f"the daemon answers {status}: {said}")
