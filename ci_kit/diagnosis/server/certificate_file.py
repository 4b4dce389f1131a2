"""What the first certificate in a file says, and how many are in it."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci_kit.diagnosis.certificate import name_of


@dataclass(frozen=True, slots=True)
class Read:
    """Names, end (seconds since the epoch), issuer, whether it signed itself, the count in the file, and AIA."""

    names: tuple[str, ...]
    ends: float
    issuer: str
    self_signed: bool
    count: int
    aia: bool

    def is_for(self, host: str) -> bool:
        """Tell whether one of the names is `host`, or its wildcard."""
        rest = host.partition(".")[2]
        return any(name.lower() in (host, f"*.{rest}" if rest else host) for name in self.names)


def read(file: Path) -> Read | None:
    """Return what the certificate says, None when it cannot be read; by the decoder that CPython keeps hidden."""
    decode = getattr(getattr(ssl, "_ssl", None), "_test_decode_cert", None)
    try:
        count = file.read_text(encoding="ascii", errors="replace").count("-----BEGIN CERTIFICATE-----")
        said: dict[str, Any] = decode(str(file)) if decode and count else {}
        return Read(
            tuple(str(value) for _, value in said.get("subjectAltName", ())),
            ssl.cert_time_to_seconds(said["notAfter"]),
            name_of(said.get("issuer", ())),
            said.get("issuer") == said.get("subject"),
            count,
            bool(said.get("caIssuers")),
        )
    except (OSError, ValueError, KeyError):
        return None
