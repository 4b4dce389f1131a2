"""What BuildKit writes about an image beside it: refused where a builder cannot, before anything is built.

Source: docker docs "docker buildx build", "--attest"; moby/buildkit docs "Attestations", "SLSA provenance".
"""

from ci_kit.errors import BuildError
from ci_kit.model.plan import BuildPlan


def refuse(plan: BuildPlan, what: str, fix: str) -> None:
    """Raise BuildError when attestations are asked of `what`, which makes none."""
    if plan.attestations:
        asked = "an SBOM" if any("sbom" in each for each in plan.attestations) else "a provenance"
        hint = f"{fix}; or --sbom file with syft in the job's image"
        raise BuildError(f"{plan.name}: {asked} in the registry is asked for, and {what} makes none", hint=hint)


def options(plan: BuildPlan) -> dict[str, str]:
    """Return them as options of BuildKit's own frontend: `attest:provenance` with `mode=max`."""
    parts = (each.removeprefix("type=").partition(",") for each in plan.attestations)
    return {f"attest:{kind}": rest for kind, _, rest in parts}
