"""The two ends of a copy, and what the copy came to."""

from typing import NamedTuple

from ci_kit.model.image import ImageRef
from ci_kit.registry.client import RegistryClient

MOUNTED, COPIED, PRESENT = "mounted", "copied", "present"


class Side(NamedTuple):
    """One end of a copy."""

    client: RegistryClient
    repository: str

    def at(self, name: str) -> ImageRef:
        """Return the reference of a tag or digest there."""
        kind = "digest" if ":" in name else "tag"
        return ImageRef(self.client.registry, self.repository, **{kind: name})


class Tally:
    """What a copy came to: blobs by what became of them, bytes that went through us, manifests, referrers."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.blobs = {MOUNTED: 0, COPIED: 0, PRESENT: 0}
        self.bytes = 0
        self.manifests = 0
        self.referrers: list[str] = []

    def add(self, size: int, how: str) -> None:
        """Count one blob of `size` bytes."""
        self.blobs[how] += 1
        self.bytes += size if how == COPIED else 0
