"""A value with the place in a file where it is said, and a mismatch between such values."""

from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from ci_kit.errors import CiKitError


class Setting(NamedTuple):
    """What a file says at `place`, which is `file:line`; `value` is a str, bool, int, None, list or dict."""

    value: object
    place: str

    @property
    def text(self) -> str:
        """The value as text, empty for none."""
        return "" if self.value is None else str(self.value)

    @property
    def off(self) -> bool:
        """Whether it says no."""
        return self.value is False or self.text.lower() in ("false", "off", "no")

    @property
    def on(self) -> bool:
        """Whether it says yes."""
        return self.value is True or self.text.lower() in ("true", "on", "yes")


class Mismatch(NamedTuple):
    """What does not fit: a cause of the catalogue, what was seen, and where."""

    cause: str
    evidence: str
    place: str


def broken(error: CiKitError, path: str) -> Mismatch:
    """Return that a file is not what its name promises, with the line where that shows."""
    line = error.place.split(":")[1] if error.place.count(":") == 2 else "1"
    return Mismatch("server-file-broken", error.message, f"{path}:{line}")


@dataclass(frozen=True, slots=True)
class Url:
    """The address of a service as a file says it."""

    said: Setting
    parts: SplitResult

    @property
    def scheme(self) -> str:
        """The scheme, http or https."""
        return self.parts.scheme

    @property
    def host(self) -> str:
        """The host in lower case."""
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        """The port, that of the scheme when none is said."""
        return self.parts.port or (443 if self.parts.scheme == "https" else 80)

    @property
    def path(self) -> str:
        """The path without slashes at its ends."""
        return self.parts.path.strip("/")

    def __str__(self) -> str:
        """Return it as it is said."""
        return self.said.text


def url(said: Setting | None) -> Url | None:
    """Return an address, None for what is none: a missing one, or one with another scheme."""
    if said is None or not isinstance(said.value, str):
        return None
    try:
        parts = urlsplit(said.value)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return Url(said, parts) if known else None
