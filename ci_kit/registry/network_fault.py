"""What went wrong on the way to a server: one cause for each failure of the network, and whether it may pass."""

import errno
import socket
import ssl

from ci_kit.errors import TransportError, UnavailableError
from ci_kit.model.causes import hint, told

BODY_LIMIT = 8 * 1024 * 1024  # bytes of an answer that is read as a whole
# verify codes of OpenSSL (man x509_verify_cert, "Diagnostics")
_CERTIFICATE_FAULTS = {
    9: ("is not yet valid", "tls-not-yet-valid"),
    10: ("has expired", "tls-expired"),
    18: ("is self-signed and not trusted", "tls-self-signed"),
    19: ("is signed by a CA that is not trusted", "tls-unknown-ca"),
    20: ("is signed by a CA that is not trusted", "tls-unknown-ca"),
    21: ("has an incomplete chain", "tls-missing-intermediate"),
    62: ("is for another name", "tls-wrong-name"),
    64: ("is for another address", "tls-wrong-name"),
}


class Garbled(Exception):
    """What came is not HTTP."""


class Incomplete(Garbled):
    """The connection has ended in the middle of an answer."""


class Unsendable(Garbled):
    """An address or a header that cannot be written into a request."""


class NoAnswer(ConnectionResetError):
    """The connection has ended before an answer."""


_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH)


def speaks_plain(error: ssl.SSLError) -> bool:
    """Tell whether a handshake failed because the other side knows no TLS; OpenSSL 3.4 words it differently."""
    return any(
        words in str(error) for words in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "record layer failure")
    )


def explain(error: Exception, host: str) -> TransportError:
    """Return the failure that `error` means for whoever wanted to talk to `host`: UnavailableError when it may pass."""
    if isinstance(error, ssl.SSLCertVerificationError):
        unusual = (f"is refused: {error.verify_message}", "tls-unknown-ca")
        fault, cause = _CERTIFICATE_FAULTS.get(error.verify_code, unusual)
        return TransportError(f"{host}: the certificate {fault}", **told(cause))
    if isinstance(error, ssl.SSLError) and speaks_plain(error):
        hint = "check the port, or put TLS before it"
        return TransportError(f"{host} speaks plain HTTP, not TLS", hint=hint, cause="registry-plain-http")
    message, hint, cause = _network_fault(error, host)
    return (UnavailableError if _may_pass(error) else TransportError)(message, hint=hint, cause=cause)


def too_long(host: str) -> TransportError:
    """Return the failure for an answer that no registry gives."""
    return TransportError(
        f"{host} answers with more than 8 MiB", hint="check what the address leads to", cause="not-a-registry"
    )


def _may_pass(error: Exception) -> bool:
    """Tell whether another try may not meet this: it will where a name or a port is not there."""
    if isinstance(error, socket.gaierror | ConnectionRefusedError | Unsendable | UnicodeError):
        return False
    if getattr(error, "errno", None) in _UNREACHABLE:
        return False
    return isinstance(error, OSError | Garbled)


def _network_fault(error: Exception, host: str) -> tuple[str, str, str]:
    """Return what is said, the next step and the cause."""
    if isinstance(error, socket.gaierror):
        return f"{host}: this name has no address", hint("dns-no-address"), "dns-no-address"
    if isinstance(error, ConnectionRefusedError):
        return f"{host}: nothing listens there", hint("connection-refused"), "connection-refused"
    if isinstance(error, TimeoutError):
        return f"{host}: no answer in time", hint("connection-timeout"), "connection-timeout"
    if isinstance(error, Unsendable | UnicodeError):
        return f"{host}: this is no address that can be asked", "correct it where it is said", ""
    if isinstance(error, Incomplete):
        said = f"{host}: closed the connection in the middle of an answer"
        return said, "look at the log of the proxy before it", "connection-reset"
    if isinstance(error, Garbled | ConnectionError | ssl.SSLEOFError):
        return f"{host}: closed the connection without an answer", hint("connection-reset"), "connection-reset"
    said = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    unreachable = getattr(error, "errno", None) in _UNREACHABLE
    return f"{host}: {said}", "check the network", "connection-timeout" if unreachable else "connection-reset"
