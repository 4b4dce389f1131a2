"""Whether the proxy that the environment names leads to the registry."""

import http.client
import socket

from ci_kit.diagnosis import line
from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good
from ci_kit.registry.proxy import address_of


def check(case: Case) -> Result:
    """Return which way is taken; a proxy that does not lead there is compared with the way without it."""
    if not case.proxy or case.is_plain:
        return good("none for this host")
    try:
        where = address_of(case.proxy)
        shown, port = where.hostname or "", where.port or 80
    except ValueError:
        return bad("proxy-invalid", "the proxy for https has no address that can be asked")
    if not shown:
        return bad("proxy-invalid", "the proxy for https has no host")
    try:
        socket.create_connection((shown, port), line.CONNECT_SECONDS).close()
    except OSError as error:
        return bad("proxy-unreachable", f"{shown}:{port}: {error.strerror or error}{_without(case)}")
    try:
        line.connect(case.host, case.port, case.proxy).close()
    except (OSError, http.client.HTTPException) as error:
        return bad("proxy-refuses", f"{shown}:{port} on the way to {case.registry}: {error}{_without(case)}")
    return good(f"{shown}:{port}")


def _without(case: Case) -> str:
    """Return whether the registry can be reached without the proxy, for the evidence."""
    try:
        line.connect(case.host, case.port).close()
    except OSError:
        return f"; without it {case.registry} is not reached either"
    return f"; without it {case.registry} is reached, and NO_PROXY does not name it"
