"""What will be built and pushed, decided before anything is started."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ci_kit.model.annotation import Annotation
from ci_kit.model.cache import NO_CACHE, Cache
from ci_kit.model.image import ImageRef
from ci_kit.model.planned_tag import PENDING, PlannedTag
from ci_kit.model.secret import Secret, SshKey


class Need(NamedTuple):
    """Another image of the project that one is made from; `words` are the names that the Dockerfile has for it.

    `is_here` tells that it is built in the same run. Else `image` is where another job has it: at a digest when that
    job told it, else under its commit's tag.
    """

    name: str
    image: ImageRef
    words: tuple[str, ...] = ()
    is_here: bool = True


class BuildPlan(NamedTuple):
    """One image: `image` carries the tag that is pushed first and verified; `moving` the tags set after that.

    `context` and `dockerfile` are absolute paths; `labels` have OCI annotation keys. `planned` says of each tag what
    may become of it, `overwrite` that every tag is set whatever has it. `epoch` is the date for all files of the image
    in seconds since 1970, None where the commit's is not known. Without `platforms` the builder's own is meant. `pins`
    says which image is meant by a name in the Dockerfile: `host/path@sha256:…`, what one of the `needs` is now.
    `against` is where the image that this one may replace is looked for, the best place first; `attestations` are what
    the builder adds about the image, in the words of `docker buildx build --attest`. `commit` is the SHA of the commit
    at hand.
    """

    name: str
    image: ImageRef
    moving: tuple[ImageRef, ...]
    context: str
    dockerfile: str
    target: str
    build_args: Mapping[str, str]
    labels: Mapping[str, str]
    planned: tuple[PlannedTag, ...] = ()
    overwrite: bool = False
    epoch: int | None = None
    platforms: tuple[str, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    cache: Cache = NO_CACHE
    secrets: tuple[Secret, ...] = ()
    ssh: tuple[SshKey, ...] = ()
    commit: str = ""
    needs: tuple[Need, ...] = ()
    pins: Mapping[str, str] = MappingProxyType({})
    against: tuple[ImageRef, ...] = ()
    attestations: tuple[str, ...] = ()

    @property
    def references(self) -> tuple[ImageRef, ...]:
        """All references that will point at the image, the fixed one first."""
        return (self.image, *self.moving)

    def with_content(self, digits: str) -> "BuildPlan":
        """Return the plan with its tags as they are for a content, of which these are the first 40 digits.

        Without digits those tags are left out. One that nobody else sets stays first, if need be that of the commit.
        """
        if not any(tag.is_pending for tag in self.planned):
            return self
        known = [tag for tag in self.planned if digits or not tag.is_pending]
        named = [tag._replace(name=tag.name.replace(PENDING, digits)) for tag in known]
        first = next((tag for tag in named if tag.kind == "commit"), PlannedTag(self.commit, "commit"))
        planned = tuple({tag.name: tag for tag in (first, *named)}.values())
        image, *moving = (self.image.with_tag(tag.name) for tag in planned)
        return self._replace(image=image, moving=tuple(moving), planned=planned)

    def tag(self, name: str) -> PlannedTag:
        """Return what is planned for a tag: where nothing is said, it moves with the dates of commits."""
        return next((tag for tag in self.planned if tag.name == name), PlannedTag(name))
