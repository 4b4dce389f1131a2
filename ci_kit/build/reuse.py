"""An image that is there already: found by its content, and named anew without a build."""

import time
from typing import NamedTuple

from ci_kit.build import compare
from ci_kit.build.inputs import content as contents
from ci_kit.build.inputs.content import Content
from ci_kit.build.supply_chain import Checks, no_checks, stopped
from ci_kit.build.tagging.move import Mover, tell
from ci_kit.errors import NotPushedError, RegistryError
from ci_kit.model.builder import Output
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.model.record import BuildRecord
from ci_kit.registry import content as stored
from ci_kit.registry import tag as tags
from ci_kit.registry.client import Manifest, RegistryClient

NO_BUILDER = "none"


class Found(NamedTuple):
    """An image in the registry: its manifest, what it amounts to, and the tag it was found under."""

    manifest: Manifest
    measured: stored.Content
    tag: str


def find(image: ImageRef, content: Content, registry: RegistryClient, output: Output) -> Found | None:
    """Return the image of this content in the repository of `image`, None when there is none.

    It is looked for under the tag of the content, then under that of the commit. A tag is not believed: the image
    itself must say that it is of this content. RegistryError when the registry cannot be asked.
    """
    for reference in (content.of(image), image):
        found = read(reference, registry, output)
        if found is None:
            continue
        if found.measured.labels.get(contents.CONTENT) == content.digest:
            return found
        if reference.tag == content.tag:
            output(f"{reference} is another image than its tag says: it is not used")
    return None


def read(reference: ImageRef, registry: RegistryClient, output: Output) -> Found | None:
    """Return the image under a tag, None when there is none that can be read."""
    try:
        manifest = registry.manifest(reference)
    except NotPushedError:
        return None
    try:
        return Found(manifest, stored.measure(registry, reference.repository, manifest), reference.tag)
    except RegistryError as error:
        output(f"{reference} cannot be read: {error.message}")
        return None


def reuse(
    plan: BuildPlan,
    content: Content,
    found: Found,
    registry: RegistryClient,
    output: Output,
    *,
    checks: Checks = no_checks,
) -> BuildRecord:
    """Return the record of an image that is under the tags of `plan` afterwards, as `move` allows.

    The manifest is put as it is, so an index keeps all its platforms; where it is already, it is not put again. The
    `checks` are made of it again: what is known of its parts may be worse by now.
    RegistryError leaves the tags set before it.
    """
    begin = time.monotonic()
    for reference in (plan.image, content.of(plan.image)):
        if reference.tag != found.tag:
            tags.set_tag(registry, reference, found.manifest, tags.ANYWAY)
    base = compare.base(plan, registry, output)
    checked = checks(plan.name, str(plan.image.with_digest(found.manifest.digest)), output)
    mover = Mover(plan, found.manifest, registry, found.measured.labels)
    moves = mover.look_again(mover.set_all(stopped(checked)))
    for note in dict.fromkeys(mover.notes):
        output(f"{plan.name}: {note}")
    tell(plan, moves, output)
    return BuildRecord(
        name=plan.name,
        image=plan.image,
        digest=found.manifest.digest,
        tags=tuple(move.tag for move in moves if move.is_ours),
        moves=moves,
        builder=NO_BUILDER,
        seconds=time.monotonic() - begin,
        size=found.measured.size,
        platforms=found.measured.platforms,
        content=content.digest,
        skipped=True,
        reason=f"an image of the same content is there as {found.tag}",
        base=base,
        layers=found.measured.layers,
        checks=checked,
    )
