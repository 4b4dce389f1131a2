"""The image that a merge request would replace: that of the branch it goes to."""

from collections.abc import Iterator

from ci_kit.errors import NotPushedError, RegistryError
from ci_kit.model.builder import Output
from ci_kit.model.image import ImageRef
from ci_kit.model.layer import Base
from ci_kit.model.plan import BuildPlan
from ci_kit.model.record import JobFacts
from ci_kit.model.tag_name import slug
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.content import measure

_LATEST = "latest"


def against(image: ImageRef, facts: JobFacts) -> tuple[ImageRef, ...]:
    """Return where the image of the target branch may be, the best first; nothing outside a merge request.

    Its moving tag, `latest` where the default branch moves that, and the tag of the commit that the branch began at.
    """
    if not facts.merge_request or not facts.target_branch:
        return ()
    return tuple(image.with_tag(tag) for tag in _tags(facts))


def _tags(facts: JobFacts) -> Iterator[str]:
    branch = slug(facts.target_branch)
    if branch:
        yield branch
    if facts.target_branch == facts.default_branch:
        yield _LATEST
    if facts.target_sha:
        yield facts.target_sha


def base(plan: BuildPlan, registry: RegistryClient, output: Output) -> Base | None:
    """Return the first of the images to compare with that there is, None when there is none, or it cannot be read."""
    for reference in plan.against:
        try:
            manifest = registry.manifest(reference)
            return Base(str(reference), manifest.digest, measure(registry, reference.repository, manifest).size)
        except NotPushedError:
            continue
        except RegistryError as error:
            output(f"{plan.name}: what it is compared with cannot be read: {error.message}")
            break
    return None
