"""What buildctl is told of a plan, but for the build args: their values stand in a copy of the Dockerfile.

Sources: moby/buildkit README ("Output", "Cache"), docs "dockerfile frontend options", "annotations".
"""

from collections.abc import Mapping

from ci_kit.build.options import annotations, attestations, cache_options, proxies, secret_mounts
from ci_kit.build.programs.program_options import ProgramOptions
from ci_kit.build.tagging.labels import EPOCH
from ci_kit.build.workshop import Workshop
from ci_kit.errors import BuildError
from ci_kit.model.annotation import Annotation
from ci_kit.model.plan import BuildPlan


def of(plan: BuildPlan, shop: Workshop) -> ProgramOptions:
    """Return the options; BuildError for a proxy with a password, which every process of the job would see."""
    said = {**_of_frontend(plan), **_proxies(plan, shop.environ)}
    options = [word for name, value in said.items() for word in ("--opt", f"{name}={value}")]
    mounted = secret_mounts.of(plan, shop.environ, shop.folder)
    cached = cache_options.of(plan.cache, shop.has, exports_registry=True)
    imports = [f"--import-cache={entry}" for entry in cached.imports]
    inline, once = cached.written("--export-cache")
    return ProgramOptions((*options, *mounted.arguments, *imports, *inline), once, mounted.variables)


def image(plan: BuildPlan) -> str:
    """Return the output that pushes the image; only one of OCI's types can have annotations."""
    said = ["type=image", f"name={plan.image}", "push=true"]
    if plan.annotations:
        said += ["oci-mediatypes=true", *(_note(each) for each in annotations.writable(plan))]
    return ",".join(said)


def _note(each: Annotation) -> str:
    """Return an annotation as a field of the output, which is a line of CSV."""
    level = "" if each.level == "manifest" else f"-{each.level}"
    field = f"annotation{level}.{each.name}={each.value}"
    return '"' + field.replace('"', '""') + '"' if any(letter in field for letter in ',"\n') else field


def _of_frontend(plan: BuildPlan) -> dict[str, str]:
    said = {"filename": "Dockerfile"}
    said |= {"target": plan.target} if plan.target else {}
    said |= {"platform": ",".join(plan.platforms)} if plan.platforms else {}
    said |= {f"label:{name}": value for name, value in plan.labels.items()}
    # The frontend looks a name up without `:latest` (moby/buildkit, frontend/dockerui/namedcontext.go).
    said |= {f"context:{word.removesuffix(':latest')}": f"docker-image://{pin}" for word, pin in plan.pins.items()}
    said |= attestations.options(plan)
    return said | ({} if plan.epoch is None else {f"build-arg:{EPOCH}": str(plan.epoch)})


def _proxies(plan: BuildPlan, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies as options: in the Dockerfile an image would keep them in its history."""
    found = {**proxies.of(environ), **{name: plan.build_args[name] for name in plan.build_args if proxies.is_one(name)}}
    for name, value in found.items():
        if "@" in value:
            words = f"{plan.name}: {name} has a password, which buildctl would show to every process of the job"
            raise BuildError(words, hint="use --builder buildx or buildah, or a proxy without a password")
    return {f"build-arg:{name}": value for name, value in found.items()}
