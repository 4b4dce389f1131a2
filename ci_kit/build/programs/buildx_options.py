"""What buildx is told of a plan beside Dockerfile and labels; values travel in variables, never among the arguments.

Source: docker docs "docker buildx build", "Image and registry exporters", "Annotations".
"""

from ci_kit.build.options import annotations, cache_options, proxies, secret_mounts
from ci_kit.build.programs.program_options import ProgramOptions
from ci_kit.build.tagging.labels import PREFIX
from ci_kit.build.workshop import Workshop
from ci_kit.model.cache import NO_CACHE
from ci_kit.model.plan import BuildPlan

_NO_STORE = "this daemon keeps images in its classic store"


def of(plan: BuildPlan, shop: Workshop, *, stores_all: bool) -> ProgramOptions:
    """Return the options; `stores_all`: what keeps the image can have several platforms, annotations and a cache."""
    if not stores_all:
        _say_what_is_left_out(plan, shop)
    mounted = secret_mounts.of(plan, shop.environ, shop.folder)
    through = {name: value for name, value in proxies.of(shop.environ).items() if name not in plan.build_args}
    cached = cache_options.of(plan.cache, shop.has, exports_registry=stores_all)
    imports = [f"--cache-from={entry}" for entry in cached.imports]
    inline, once = cached.written("--cache-to")
    platforms = [f"--platform={','.join(plan.platforms)}"] if plan.platforms else []
    return ProgramOptions(
        (*platforms, *(f"--build-arg={name}" for name in through), *mounted.arguments, *imports, *inline),
        once,
        {**through, **mounted.variables},
    )


def image(plan: BuildPlan, *, push: bool, stores_all: bool) -> tuple[str, ...]:
    """Return the arguments that make an image; only one of OCI's types can have annotations."""
    if not (stores_all and plan.annotations):
        return ("--push" if push else "--load",)
    words = f"type=image,oci-mediatypes=true{',push=true' if push else ''}"
    notes = (f"--annotation={each.level}:{each.name}={each.value}" for each in annotations.writable(plan))
    return (f"--output={words}", *notes)


def asks_store(plan: BuildPlan) -> bool:
    """Tell whether anything in `plan` depends on what keeps the image."""
    return bool(plan.annotations or plan.attestations or plan.cache != NO_CACHE or len(plan.platforms) > 1)


def _say_what_is_left_out(plan: BuildPlan, shop: Workshop) -> None:
    """Tell what somebody asked for and the classic image store cannot do; of the rest nobody needs to hear."""
    if any(not each.name.startswith(PREFIX) for each in plan.annotations):
        shop.output(f"{plan.name}: annotations are left out: {_NO_STORE}")
    if plan.cache.mode == "registry" and not plan.cache.said_to:
        shop.output(f"{plan.name}: the cache is written into the image and not to the registry: {_NO_STORE}")
