"""Whether the token service that the registry names is there, speaks TLS and is one."""

import json
from urllib.parse import urlsplit

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good
from ci_kit.errors import TransportError
from ci_kit.registry.proxy import proxies_of, proxy_for
from ci_kit.registry.transport import Request, Response, is_loopback

_UNTRUSTED = ("tls-self-signed", "tls-unknown-ca", "tls-missing-intermediate")
_WELL = (200, 400, 401, 403)  # GitLab forbids a question without a scope, others answer it


def check(case: Case) -> Result:
    """Return that something answers there that may be a token service; asked without any secret."""
    if case.challenge is None or case.challenge.scheme != "bearer":
        return good("not used")
    realm = case.challenge.realm
    url = urlsplit(realm)
    if url.scheme == "http" and not is_loopback(url.netloc):
        return bad("realm-plain-http", f"the realm is {realm}")
    try:
        answer = case.client.visit(Request("GET", realm, {"Accept": "application/json"}))
    except TransportError as error:
        return _of_proxy(case, realm, error) or bad(_of_way(error.cause), f"the realm is {realm}: {error.message}")
    return _of_answer(realm, answer)


def _of_proxy(case: Case, realm: str, error: TransportError) -> Result | None:
    """Return that the registry is asked directly and its token service through a proxy, which does not lead there."""
    if case.proxy or not proxy_for(urlsplit(realm), proxies_of(case.environ)) or error.cause.startswith("tls-"):
        return None
    evidence = f"the realm is {realm}: {error.message}; NO_PROXY names the registry, and not {urlsplit(realm).netloc}"
    return bad("proxy-refuses", evidence, "likely")


def _of_way(cause: str) -> str:
    """Return what a failure on the way to the token service is called."""
    if not cause:
        return "realm-wrong"
    if cause in _UNTRUSTED:
        return "realm-untrusted"
    return "realm-certificate" if cause.startswith("tls-") else "realm-unreachable"


def _of_answer(realm: str, answer: Response) -> Result:
    seen = f"{realm} answers {answer.status}"
    if answer.status == 404 and b"not enabled" in answer.body:
        return bad("registry-off", f"{seen}: registry not enabled")
    if answer.status >= 500:
        return bad("realm-error", seen)
    if answer.status == 429:
        return bad("too-many-requests", seen)
    if answer.status not in _WELL:
        return bad("realm-wrong", seen + _kind(answer))
    if answer.status == 200 and not _is_object(answer.body):
        return bad("realm-wrong", seen + _kind(answer))
    return good(seen + " to a question without a password")


def _is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def _kind(answer: Response) -> str:
    if answer.status in (301, 302, 303, 307, 308):
        return f", a redirect to {answer.headers.get('location', 'nowhere').partition('?')[0][:120]}"
    return ", a page" if "html" in answer.headers.get("content-type", "") else ""
