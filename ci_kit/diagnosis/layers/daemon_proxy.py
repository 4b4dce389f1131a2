"""Whether docker's client would ask a proxy for the daemon of this job."""

from urllib.parse import urlsplit

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good, unknown
from ci_kit.registry.proxy import proxies_of, proxy_for


def check(case: Case) -> Result:
    """Return that none stands between them; Go's client takes the proxy of the scheme that it speaks."""
    found = case.endpoint
    if found is None or found.socket:
        return unknown("no daemon over the network is named")
    scheme = "https" if found.certificates else "http"
    proxies = proxies_of(case.environ)
    named = {"https": proxies.get(scheme, ""), "no": proxies.get("no", "")}
    host = f"[{found.host}]" if ":" in found.host else found.host
    if not _is_loopback(found.host) and proxy_for(urlsplit(f"https://{host}:{found.port}"), named):
        evidence = f"{scheme}_proxy is set, and NO_PROXY does not name {found.host!r} of DOCKER_HOST"
        return bad("proxy-before-daemon", evidence, "likely", goes_on=True)
    return good(f"none for {found.host}")


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.startswith("127.") or host == "::1"
