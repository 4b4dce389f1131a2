"""What a server's certificate says, also when nobody trusts it."""

import re
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ci_kit.diagnosis import line

_DATE = re.compile(rb"\r\ndate:\s*([^\r\n]+)", re.I)


@dataclass(frozen=True, slots=True)
class Shown:
    """A server's certificate: whose, by whom, for which names, from when until when (seconds since the epoch).

    `chain` is how many certificates the server sends, `aia` whether it says where its issuer's is, `clock` the time
    that the server tells, 0 when it does not.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: float
    ends: float
    chain: int
    aia: bool
    clock: float

    @property
    def period(self) -> str:
        """From when until when it is valid, for messages."""
        return f"{_day(self.begins)} to {_day(self.ends)}"


def look(host: str, port: int, proxy: str = "") -> Shown | None:
    """Return what the server at `host` shows, None when it shows nothing that can be read. Nothing is trusted by it."""
    try:
        with (
            line.connect(host, port, proxy) as plain,
            line.unchecked().wrap_socket(plain, server_hostname=host) as secure,
        ):
            chain = _chain(secure)
            return _read(chain, _clock(secure, host, port)) if chain else None
    except (OSError, ValueError, LookupError):
        return None


def _chain(secure: ssl.SSLSocket) -> list[Any]:
    """Return the certificates as sent; Python 3.13 has a public method, which gives bytes alone."""
    inner = getattr(secure, "_sslobj", None)
    sent = getattr(inner, "get_unverified_chain", list)
    return list(sent() or ())


def _read(chain: list[Any], clock: float) -> Shown:
    said = chain[0].get_info()
    names = tuple(str(value) for _, value in said.get("subjectAltName", ()))
    return Shown(
        name_of(said.get("subject", ())),
        name_of(said.get("issuer", ())),
        names,
        ssl.cert_time_to_seconds(said["notBefore"]),
        ssl.cert_time_to_seconds(said["notAfter"]),
        len(chain),
        bool(said.get("caIssuers")),
        clock,
    )


def name_of(parts: Any) -> str:
    """Return a distinguished name in one line, as Python gives it in tuples."""
    pairs = [f"{name}={value}" for part in parts for name, value in part]
    return ", ".join(pairs).replace("commonName", "CN").replace("organizationName", "O")


def _clock(secure: ssl.SSLSocket, host: str, port: int) -> float:
    """Return the time in the server's answer to a question without any secret."""
    from email.utils import parsedate_to_datetime

    try:
        secure.sendall(f"HEAD /v2/ HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        found = _DATE.search(secure.recv(4096))
        return parsedate_to_datetime(found[1].decode()).timestamp() if found else 0.0
    except (OSError, ValueError, TypeError):
        return 0.0


def day(seconds: float) -> str:
    """Return a moment as a day and a time, in UTC."""
    return _day(seconds)


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def now() -> float:
    """Return this machine's time in seconds since the epoch."""
    return time.time()
