"""Whether something listens at each of the registry's addresses."""

import errno
import socket
from typing import Any

from ci_kit.diagnosis import line
from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result, bad, good

_NO_IPV6_HERE = (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_ADDRESSES = 4  # tried of each family


def check(case: Case) -> Result:
    """Return which addresses answer, IPv4 and IPv6 apart; one dead family beside a good one is a cause of its own."""
    if case.proxy and not case.is_plain:
        return good("left to the proxy")
    tried = {family: _family(case, family) for family in (socket.AF_INET, socket.AF_INET6)}
    failures = {family: error for family, (_, error) in tried.items() if error}
    reached = [address for address, error in tried.values() if address and not error]
    if not reached:
        return _of_failure(case, failures)
    dead = failures.get(socket.AF_INET6)
    if dead and not case.is_plain and dead.errno not in _NO_IPV6_HERE:
        evidence = f"{tried[socket.AF_INET6][0]} (IPv6): {_words(dead)}; {', '.join(reached)} answers"
        return bad("ipv6-dead", evidence, "likely", goes_on=not isinstance(dead, TimeoutError))
    return good(f"{', '.join(reached)}, port {case.port}")


def _family(case: Case, family: int) -> tuple[str, OSError | None]:
    """Return the address of a family that answers, or the last one that does not and why; no address, no error."""
    try:
        found: list[Any] = socket.getaddrinfo(case.host, case.port, family, socket.SOCK_STREAM)
    except OSError:
        return "", None
    last: OSError | None = None
    for one in found[:_ADDRESSES]:
        try:
            line.connect(one[4][0], case.port).close()
            return one[4][0], None
        except OSError as error:
            last = error
    return (found[0][4][0] if found else ""), last


def _of_failure(case: Case, failures: dict[socket.AddressFamily, OSError]) -> Result:
    error = failures.get(socket.AF_INET) or failures.get(socket.AF_INET6)
    where = f"{case.host}, port {case.port}"
    if isinstance(error, ConnectionRefusedError):
        return bad("connection-refused", f"{where}: connection refused")
    return bad("connection-timeout", f"{where}: {_words(error) if error else 'no address'}")


def _words(error: OSError) -> str:
    return "no answer in 4 s" if isinstance(error, TimeoutError) else str(error.strerror or error)
