"""What a builder of one platform says to a plan for several."""

from ci_kit.errors import BuildError
from ci_kit.model.plan import BuildPlan


def require(plan: BuildPlan, who: str, instead: str) -> None:
    """Return for a plan of one platform; else raise the BuildError that names `who` cannot, and what can `instead`."""
    if len(plan.platforms) > 1:
        hint = f"{instead}; or build each on a runner of its own: pipeline.native (docs/platforms.md)"
        raise BuildError(f"{plan.name}: {who} makes one platform an image, not {', '.join(plan.platforms)}", hint=hint)
