"""What will be built and pushed, decided before anything is started."""

from collections.abc import Mapping
from dataclasses import dataclass

from ci_kit.model.image import ImageRef


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """One image: `image` carries the tag that is pushed first and verified; `moving` the tags set after that.

    `context` and `dockerfile` are absolute paths; `created` is RFC 3339, `labels` are OCI annotation keys.
    """

    name: str
    image: ImageRef
    moving: tuple[ImageRef, ...]
    context: str
    dockerfile: str
    target: str
    build_args: Mapping[str, str]
    labels: Mapping[str, str]

    @property
    def references(self) -> tuple[ImageRef, ...]:
        """All references that will point at the image, the fixed one first."""
        return (self.image, *self.moving)
