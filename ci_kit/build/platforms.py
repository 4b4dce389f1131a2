"""Platforms as images name them, and what is said to a builder that makes one at a time.

Sources: OCI "Image Index", "platform"; github.com/containerd/platforms, "Normalize".
"""

from collections.abc import Iterable

from ci_kit.errors import BuildError
from ci_kit.model.plan import BuildPlan

# What a name means where it says less, or says what goes without saying.
_SAME = {"linux/arm": "linux/arm/v7", "linux/arm64/v8": "linux/arm64", "linux/amd64/v1": "linux/amd64"}


def normal(platform: str) -> str:
    """Return the one name of a platform that has two."""
    return _SAME.get(platform, platform)


def missing(wanted: Iterable[str], found: Iterable[str]) -> tuple[str, ...]:
    """Return the platforms in `wanted` that an image with those `found` does not have."""
    there = {normal(platform) for platform in found}
    return tuple(platform for platform in wanted if normal(platform) not in there)


def refuse_several(plan: BuildPlan, who: str, instead: str) -> None:
    """Raise the BuildError that a builder of one platform owes to a plan for several."""
    if len(plan.platforms) > 1:
        hint = f"{instead}; or build each on a runner of its own: pipeline.native (docs/platforms.md)"
        raise BuildError(f"{plan.name}: {who} makes one platform an image, not {', '.join(plan.platforms)}", hint=hint)
