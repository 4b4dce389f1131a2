"""Whether the registry speaks TLS, with a certificate that is trusted, valid and for this host."""

import re
import ssl
from pathlib import Path

from ci_kit.diagnosis import certificate, line
from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.certificate import Shown
from ci_kit.diagnosis.result import Result, bad, good
from ci_kit.registry import trust
from ci_kit.registry.network_fault import speaks_plain

# verify codes of OpenSSL (man x509_verify_cert, "Diagnostics")
_NOT_YET, _EXPIRED, _SELF_SIGNED, _NAMES = 9, 10, 18, (62, 64)
_UNKNOWN = (2, 19, 20, 21)
_HOURS = 3600.0
_COMMON = {"ca", "root", "intermediate", "authority", "certificate", "certification", "tls", "rsa", "cn", "the", "of"}


def check(case: Case) -> Result:
    """Return protocol, chain and end of the certificate, or what exactly is wrong with it."""
    if case.is_plain:
        return good("plain HTTP is tried first on the loopback, as docker does")
    files = trust.certificate_files(case.registry, case.environ)
    context = trust.context(files)
    broken = _broken_file(case)
    if broken:
        return broken
    try:
        plain = line.connect(case.host, case.port, case.proxy)
    except OSError as error:
        return bad("connection-timeout", f"{case.registry}: {error}", "likely")
    try:
        with plain, context.wrap_socket(plain, server_hostname=case.host) as secure:
            said = secure.getpeercert() or {}
            return good(f"{secure.version()}, certificate until {said.get('notAfter', '?')}")
    except ssl.SSLCertVerificationError as error:
        shown = certificate.look(case.host, case.port, case.proxy)
        return _of_certificate(case, error, shown, _trusted(context) if files else [])
    except ssl.SSLError as error:
        return _of_handshake(case, error)
    except TimeoutError:
        return bad("connection-timeout", f"{case.registry}: connected, but no answer to the TLS handshake in 4 s")
    except OSError as error:
        return bad("connection-reset", f"{case.registry}: closed in the TLS handshake ({error.strerror or error})")


def _broken_file(case: Case) -> Result | None:
    """Return that OpenSSL's own variable names no file: then nobody at all is trusted."""
    named = case.environ.get("SSL_CERT_FILE", "")
    if not named or Path(named).is_file():
        return None
    return bad("ca-file-broken", f"SSL_CERT_FILE: {named!r} is not a file")


def _of_handshake(case: Case, error: ssl.SSLError) -> Result:
    if speaks_plain(error):
        return bad("registry-plain-http", f"{case.registry} answers the TLS handshake with plain text: {_plain(case)}")
    if isinstance(error, ssl.SSLEOFError):
        return bad("connection-reset", f"{case.registry}: closed in the TLS handshake", "likely")
    return bad("tls-handshake", f"{case.registry}: {error.reason or error}")


def _plain(case: Case) -> str:
    """Return what a plain question is answered with, for the evidence."""
    try:
        with line.connect(case.host, case.port, case.proxy) as plain:
            plain.sendall(f"GET /v2/ HTTP/1.1\r\nHost: {case.registry}\r\nConnection: close\r\n\r\n".encode())
            head = plain.recv(2048).decode("latin-1")
    except OSError:
        return "not HTTP either"
    status = head.partition("\r\n")[0][:60]
    kind = "a registry" if "docker-distribution-api-version" in head.lower() else "no registry"
    return f"http://{case.registry}/v2/ is {kind} ({status})"


def _of_certificate(case: Case, error: ssl.SSLCertVerificationError, shown: Shown | None, given: list[str]) -> Result:
    code, seen = error.verify_code, f"{case.registry}: {error.verify_message}"
    if shown:
        seen += f"; subject {shown.subject or '(none)'}, issuer {shown.issuer or '(none)'}, {_count(shown)}"
    if code in (_NOT_YET, _EXPIRED):
        return _of_time(code, shown, seen)
    if code in _NAMES:
        return _of_name(case, shown, seen)
    if code == _SELF_SIGNED:
        return bad("tls-self-signed", seen)
    if code in _UNKNOWN:
        return _of_issuer(code, shown, seen, given)
    return bad("tls-unusable", seen, "likely")


def _of_time(code: int, shown: Shown | None, seen: str) -> Result:
    """Tell a certificate that is over from a machine whose clock is wrong: by the time that the server itself tells."""
    cause = "tls-expired" if code == _EXPIRED else "tls-not-yet-valid"
    if shown is None:
        return bad(cause, seen)
    seen += f", valid {shown.period}; this machine's clock says {certificate.day(certificate.now())}"
    if shown.clock and shown.begins <= shown.clock <= shown.ends and abs(certificate.now() - shown.clock) > _HOURS:
        return bad("machine-clock", f"{seen}, the server's {certificate.day(shown.clock)}", "likely")
    if shown.begins <= certificate.now() <= shown.ends:
        seen += "; so it is one of the CAs above it"
    return bad(cause, seen)


def _of_name(case: Case, shown: Shown | None, seen: str) -> Result:
    if shown is not None and not shown.names:
        return bad("tls-no-san", f"{seen}, no subjectAltName; asked is {case.host}")
    return bad("tls-wrong-name", f"{seen}, for {', '.join(shown.names) if shown else '?'}; asked is {case.host}")


def _of_issuer(code: int, shown: Shown | None, seen: str, given: list[str]) -> Result:
    """Tell a CA that nobody gave from a chain with a hole: the leaf comes alone, its issuer is a relative of ours."""
    if shown is None or shown.chain > 1 or code == 19:
        return bad("tls-unknown-ca", seen)
    if code == 21 and shown.aia:
        return bad("tls-missing-intermediate", f"{seen}; it names its issuer's address, and does not send it", "likely")
    if shown.issuer == shown.subject:
        return bad("tls-self-signed", seen)
    if shown.aia:
        return bad("tls-missing-intermediate", f"{seen}; it names its issuer's address, and does not send it", "likely")
    relatives = [name for name in given if name != shown.issuer and _words(name) & _words(shown.issuer)]
    if relatives:
        return bad("tls-missing-intermediate", f"{seen}; given is the CA {relatives[0]}", "likely")
    other = f"; the CA that is given is {given[0]}" if given else ""
    return bad("tls-unknown-ca", f"{seen}{other}", "certain" if not given else "likely")


def _count(shown: Shown) -> str:
    return f"{shown.chain} certificate{'' if shown.chain == 1 else 's'} sent"


def _trusted(context: ssl.SSLContext) -> list[str]:
    """Return the names of the CAs that were given beside the system's: those that its default does not have."""
    usual = {str(one.get("serialNumber")) for one in ssl.create_default_context().get_ca_certs()}
    given = [one for one in context.get_ca_certs() if str(one.get("serialNumber")) not in usual]
    return [certificate.name_of(one.get("subject", ())) for one in given]


def _words(name: str) -> set[str]:
    return {word for word in re.findall(r"[a-z0-9]{3,}", name.lower()) if word not in _COMMON}
