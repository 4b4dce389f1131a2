"""The two ends of a copy, and what the copy came to."""

from dataclasses import dataclass, field
from typing import NamedTuple

from ci_kit.model.image import ImageRef
from ci_kit.registry.patient import PatientClient

MOUNTED, COPIED, PRESENT = "mounted", "copied", "present"


class Side(NamedTuple):
    """One end of a copy."""

    client: PatientClient
    repository: str

    def at(self, name: str) -> ImageRef:
        """Return the reference of a tag or digest there."""
        kind = "digest" if ":" in name else "tag"
        return ImageRef(self.client.registry, self.repository, **{kind: name})


@dataclass(slots=True)
class Tally:
    """What a copy came to: blobs by what became of them, bytes that went through us, manifests, referrers."""

    mounted: int = 0
    copied: int = 0
    present: int = 0
    bytes: int = 0
    manifests: int = 0
    referrers: list[str] = field(default_factory=list)

    def add(self, size: int, how: str) -> None:
        """Count one blob of `size` bytes."""
        setattr(self, how, getattr(self, how) + 1)
        self.bytes += size if how == COPIED else 0
