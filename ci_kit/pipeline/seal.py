"""The first lines of a written file: who wrote it, and whether a hand has changed it since."""

import hashlib
import re

from ci_kit.version import VERSION

_HEADER = re.compile(
    r"# Written by ci-kit \S+ generate[^\n]*\n# Checksum of all below: sha256:([0-9a-f]{64})\n", re.ASCII
)


def sealed(body: str, source: str) -> str:
    """Return `body` under a header that names its `source` and its checksum."""
    return (
        f"# Written by ci-kit {VERSION} generate; edit {source} instead and run it again.\n"
        f"# Checksum of all below: sha256:{_checksum(body)}\n{body}"
    )


def is_ours(text: str) -> bool:
    """Tell whether `generate` wrote this file, whatever has become of it."""
    return bool(_HEADER.match(_unix(text)))


def is_untouched(text: str) -> bool:
    """Tell whether the file is as `generate` left it; line ends may have become those of Windows."""
    text = _unix(text)
    header = _HEADER.match(text)
    return bool(header) and header is not None and header[1] == _checksum(text[header.end() :])


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
