"""What a builder lacks on this machine."""

from typing import NamedTuple


class Lack(NamedTuple):
    """Something without which a builder cannot work here, and what to do about it."""

    what: str
    fix: str
