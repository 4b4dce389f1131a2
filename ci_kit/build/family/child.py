"""One platform of an image that several jobs make together: what a child's job does otherwise than a whole image's."""

from collections.abc import Sequence

from ci_kit.config.settings import RecordSettings
from ci_kit.errors import UsageError
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan
from ci_kit.model.planned_tag import PlannedTag
from ci_kit.model.platform import slug


def of(plans: Sequence[BuildPlan]) -> tuple[BuildPlan, ...]:
    """Return the plans of children: each gets one tag that is of its commit and platform alone, and moves none.

    UsageError when a plan is not for one platform.
    """
    return tuple(_child(plan) for plan in plans)


def record(said: RecordSettings) -> RecordSettings:
    """Return what a child leaves: its result, and nothing that would pass for the whole image's."""
    return said._replace(
        dotenv="",
        annotations="",
        release_link=False,
        environment="",
        pipeline_name=False,
        commit_status=False,
        merge_request_note=False,
    )


def _child(plan: BuildPlan) -> BuildPlan:
    if len(plan.platforms) != 1:
        said = ", ".join(plan.platforms) or "none"
        raise UsageError(
            f"{plan.name}: a child is one platform of an image, not {said}",
            place="--child",
            hint="name one with --platform; ci-kit merge puts several together",
        )
    suffix = slug(plan.platforms[0])
    cache = plan.cache
    tag = _beside(plan.image, suffix)
    return plan._replace(
        image=tag,
        moving=(),
        planned=(PlannedTag(tag.tag, "commit"),),
        cache=cache._replace(
            registry=tuple(_beside(each, suffix) for each in cache.registry),
            export=_beside(cache.export, suffix) if cache.export else None,
        ),
    )


def _beside(reference: ImageRef, suffix: str) -> ImageRef:
    return reference.with_tag(f"{reference.tag[: 127 - len(suffix)]}-{suffix}")
