"""Build, push, and believe only what the registry says afterwards."""

import time
from functools import cache, partial

from ci_kit.build import compare
from ci_kit.build.inputs.content import Content
from ci_kit.build.push import push
from ci_kit.build.supply_chain import Checks, no_checks, stopped
from ci_kit.build.tagging.move import Mover, tell
from ci_kit.errors import NotPushedError, RegistryError
from ci_kit.model import platform
from ci_kit.model.builder import Builder, Output
from ci_kit.model.plan import BuildPlan
from ci_kit.model.record import BuildRecord
from ci_kit.registry import content as stored
from ci_kit.registry import tag as tags
from ci_kit.registry.client import Manifest, RegistryClient


def publish(
    plan: BuildPlan,
    builder: Builder,
    registry: RegistryClient,
    output: Output,
    *,
    content: Content | None = None,
    checks: Checks = no_checks,
) -> BuildRecord:
    """Return the record of an image that the registry has under the first tag of `plan`, and what became of the others.

    The first tag is pushed and verified, then `checks` are made; the others are set from the verified manifest, as
    `move` allows, and not at all where a check failed. A failure leaves the tags that were set before it; BuildError,
    DaemonError and RegistryError tell which step it was. With its `content` the image is found again later, and that it
    may not be found is no failure.
    """
    begin = time.monotonic()
    told = plan._replace(labels={**plan.labels, **content.labels()}) if content else plan
    builder.build(told, output)
    manifest = push(told, builder, registry, output)
    measured = cache(partial(_measured, plan, manifest, registry, output))
    if plan.platforms:
        _require_platforms(plan, measured())
    base = compare.base(plan, registry, output)
    found = checks(plan.name, str(plan.image.with_digest(manifest.digest)), output)
    mover = Mover(plan, manifest, registry)
    moves = mover.set_all(stopped(found))
    if content and not stopped(found):
        _keep(plan, content, manifest, registry, output)
    amount = measured()  # in the time for which others are waited for
    moves = mover.look_again(moves)
    tell(plan, moves, output)
    return BuildRecord(
        name=plan.name,
        image=plan.image,
        digest=manifest.digest,
        tags=tuple(move.tag for move in moves if move.is_ours),
        moves=moves,
        builder=builder.name,
        seconds=time.monotonic() - begin,
        size=amount.size,
        platforms=amount.platforms,
        content=content.digest if content else "",
        base=base,
        layers=amount.layers,
        checks=found,
    )


def _keep(plan: BuildPlan, content: Content, manifest: Manifest, registry: RegistryClient, output: Output) -> None:
    """Set the tag by which the next build of the same content finds this image."""
    try:
        tags.set_tag(registry, content.of(plan.image), manifest, tags.ANYWAY, now="")
    except RegistryError as error:
        output(f"{plan.name}: the next build cannot be skipped: {error}")


def _measured(plan: BuildPlan, manifest: Manifest, registry: RegistryClient, output: Output) -> stored.Content:
    """Return size and platforms; what is pushed and verified is no failure because they cannot be read."""
    try:
        return stored.measure(registry, plan.image.repository, manifest)
    except RegistryError as error:
        output(f"{plan.name}: size and platforms are not known: {error}")
        return stored.Content(size=0, created="", platforms=(), labels={})


def _require_platforms(plan: BuildPlan, measured: stored.Content) -> None:
    """Raise NotPushedError when the image lacks a platform that was asked for; no tag but the commit's is set then."""
    absent = platform.missing(plan.platforms, measured.platforms) if measured.platforms else ()
    if absent:
        what = f"{plan.image} has {', '.join(measured.platforms)}, but not {', '.join(absent)}"
        raise NotPushedError(what, hint="did the base image exist for it? look at the lines of the build")
