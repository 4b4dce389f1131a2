"""What a registry cannot do now, it may be able to do in a second: which failures are worth another try, and when.

Source: OCI "Distribution Specification" 1.1, "Error Codes"; RFC 9110, "Retry-After".
"""

import errno
import http.client
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping

from ci_kit.errors import TransportError
from ci_kit.registry.transport import Request, Response, Transport

Sleep = Callable[[float], None]
ATTEMPTS = 5  # in a row without any progress: 7.5 seconds
_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
_LONGEST_PAUSE = 60.0
_DISK_FULL = re.compile(rb'"Err":\s*28\b')  # errno ENOSPC, as Distribution gives it
_LASTING = (ssl.SSLCertVerificationError, socket.gaierror, ConnectionRefusedError, http.client.InvalidURL, UnicodeError)
_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH)


def may_pass(error: TransportError) -> bool:
    """Tell whether a failure of the network is one that another try may not meet."""
    cause = error.__cause__
    if cause is None or isinstance(cause, _LASTING) or getattr(cause, "errno", None) in _UNREACHABLE:
        return False
    return isinstance(cause, OSError | http.client.HTTPException)


def is_transient(response: Response) -> bool:
    """Tell whether an answer means: later, perhaps. A full disk does not."""
    return response.status in _TRANSIENT and not _DISK_FULL.search(response.body)


def pause(number: int, headers: Mapping[str, str] | None = None) -> float:
    """Return the seconds to wait after failure `number` (from 0): what the server asks for, else half a second doubled.

    A little chance keeps the jobs of one pipeline from coming back together.
    """
    asked = (headers or {}).get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return min(float(asked), _LONGEST_PAUSE)
    import random  # only a failure needs it

    return float(min(0.5 * 2**number, _LONGEST_PAUSE) * random.uniform(0.8, 1.2))


class PatientTransport(Transport):
    """A transport that asks again when the failure may pass; a request whose body is gone is sent once."""

    sleep: Sleep = staticmethod(time.sleep)

    def send(self, request: Request) -> Response:
        """Return the last answer of at most five, whatever its status; TransportError as the parent."""
        for number in range(ATTEMPTS if request.repeatable else 1):
            last = number == ATTEMPTS - 1 or not request.repeatable
            try:
                response = super().send(request)
            except TransportError as error:
                if last or not may_pass(error):
                    raise
                self.sleep(pause(number))
                continue
            if last or not is_transient(response):
                return response
            self.sleep(pause(number, response.headers))
        raise AssertionError("the last try returns or raises")

    def twin(self) -> "PatientTransport":
        """Return another one for another thread, with connections of its own."""
        made = PatientTransport(self._contexts, self._proxies, self._timeout)
        made.sleep = self.sleep
        return made
