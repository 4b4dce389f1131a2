"""Which addresses the registry's name has."""

import socket

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good

_FAMILIES = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}


def check(case: Case) -> Result:
    """Return the addresses by family; a name that only a proxy has to know is left to it."""
    if case.proxy and not case.is_plain:
        return good("left to the proxy")
    try:
        found = socket.getaddrinfo(case.host, case.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            return bad("dns-not-answering", f"{case.host}: {error.strerror}", "likely")
        return bad("dns-no-address", f"{case.host}: {error.strerror}")
    except UnicodeError:
        return bad("dns-no-address", f"{case.host}: no name that DNS can hold")
    addresses = dict.fromkeys(f"{one[4][0]} ({_FAMILIES.get(one[0], 'other')})" for one in found)
    return good(", ".join(addresses))
