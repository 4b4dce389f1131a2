"""What went wrong on the way to a server: one cause for each failure of the network, and whether it may pass."""

import errno
import http.client
import socket
import ssl

from ci_kit.errors import TransportError, UnavailableError

BODY_LIMIT = 8 * 1024 * 1024  # bytes of an answer that is read as a whole
# verify codes of OpenSSL (man x509_verify_cert, "Diagnostics")
_CERTIFICATE_FAULTS = {
    9: ("is not yet valid", "check this machine's clock, then the server's certificate"),
    10: ("has expired", "renew the server's certificate"),
    18: ("is self-signed and not trusted", "give its CA in CI_KIT_CA or CI_SERVER_TLS_CA_FILE"),
    19: ("is signed by a CA that is not trusted", "give the CA in CI_KIT_CA or CI_SERVER_TLS_CA_FILE"),
    20: ("is signed by a CA that is not trusted", "give the CA in CI_KIT_CA or CI_SERVER_TLS_CA_FILE"),
    21: ("has an incomplete chain", "let the server send the intermediate certificate too"),
    62: ("is for another name", "reissue it with this name in subjectAltName"),
    64: ("is for another address", "reissue it with this address in subjectAltName"),
}
_UNREACHABLE = (errno.EHOSTUNREACH, errno.ENETUNREACH)


def speaks_plain(error: ssl.SSLError) -> bool:
    """Tell whether a handshake failed because the other side knows no TLS; OpenSSL 3.4 words it differently."""
    return any(
        words in str(error) for words in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "record layer failure")
    )


def explain(error: Exception, host: str) -> TransportError:
    """Return the failure that `error` means for whoever wanted to talk to `host`: UnavailableError when it may pass."""
    if isinstance(error, ssl.SSLCertVerificationError):
        fault, hint = _CERTIFICATE_FAULTS.get(
            error.verify_code, (f"is refused: {error.verify_message}", "check the certificate and its chain")
        )
        return TransportError(f"{host}: the certificate {fault}", hint=hint)
    if isinstance(error, ssl.SSLError) and speaks_plain(error):
        return TransportError(f"{host} speaks plain HTTP, not TLS", hint="check the port, or put TLS before it")
    message, hint = _network_fault(error, host)
    return (UnavailableError if _may_pass(error) else TransportError)(message, hint=hint)


def too_long(host: str) -> TransportError:
    """Return the failure for an answer that no registry gives."""
    return TransportError(f"{host} answers with more than 8 MiB", hint="check what the address leads to")


def _may_pass(error: Exception) -> bool:
    """Tell whether another try may not meet this: it will where a name or a port is not there."""
    if isinstance(error, socket.gaierror | ConnectionRefusedError | http.client.InvalidURL | UnicodeError):
        return False
    if getattr(error, "errno", None) in _UNREACHABLE:
        return False
    return isinstance(error, OSError | http.client.HTTPException)


def _network_fault(error: Exception, host: str) -> tuple[str, str]:
    if isinstance(error, socket.gaierror):
        return f"{host}: this name has no address", "check the spelling and the DNS of this machine"
    if isinstance(error, ConnectionRefusedError):
        return f"{host}: nothing listens there", "check the port, and that the registry runs"
    if isinstance(error, TimeoutError):
        return f"{host}: no answer in time", "check firewall and load, then try again"
    if isinstance(error, http.client.InvalidURL | UnicodeError):
        return f"{host}: this is no address that can be asked", "correct it where it is said"
    if isinstance(error, http.client.IncompleteRead):
        return f"{host}: closed the connection in the middle of an answer", "look at the log of the proxy before it"
    if isinstance(error, http.client.HTTPException):
        return f"{host}: closed the connection without an answer", "look at the log of the proxy before the registry"
    return f"{host}: {error.strerror or error if isinstance(error, OSError) else error}", "check the network"
