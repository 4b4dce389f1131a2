"""What buildah is told of a plan; values travel in variables, never among the arguments.

Source: containers/buildah docs `buildah-build`.
"""

import resource
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ci_kit.build.inputs import base_images, dockerignore
from ci_kit.build.inputs.content import platforms_of
from ci_kit.build.machine.command import arguments
from ci_kit.build.options import secret_mounts
from ci_kit.build.tagging.labels import EPOCH, PREFIX
from ci_kit.build.workshop import Workshop
from ci_kit.model import grammar
from ci_kit.model.plan import BuildPlan

_OWN_NAMES = "(BUILDAH|CONTAINERS|STORAGE|REGISTRY|REGISTRIES|DOCKER|_CONTAINERS)_.*"
_FORMAT = "BUILDAH_FORMAT"


class BuildahOptions(NamedTuple):
    """Arguments for a build of the plan, and the variables of its process."""

    arguments: tuple[str, ...]
    variables: Mapping[str, str]


def of(plan: BuildPlan, shop: Workshop) -> BuildahOptions:
    """Return the options; what was asked for and cannot be done is told. BuildError for a build arg it would obey."""
    _say_what_is_left_out(plan, shop)
    values = arguments(plan, _OWN_NAMES, "buildah")
    mounted = secret_mounts.of(plan, shop.environ, shop.folder)
    dates = _dates(plan, values.pop(EPOCH, None))
    named = [f"--build-arg={name}" for name in values]
    said = (*_limits(), *_names(plan, shop.environ), *_image(plan, shop.environ), *dates)
    return BuildahOptions((*said, *mounted.arguments, *named), {**mounted.variables, **values})


def _names(plan: BuildPlan, environ: Mapping[str, str]) -> list[str]:
    """Return the options for what is built: files, images, target and platform."""
    options = [f"--tag={plan.image}", f"--file={plan.dockerfile}", *_ignored(plan)]
    options += [f"--build-context={word}=docker-image://{image}" for word, image in _images(plan, environ).items()]
    options += [f"--target={plan.target}"] if plan.target else []
    return options + [f"--platform={platform}" for platform in plan.platforms]


def _image(plan: BuildPlan, environ: Mapping[str, str]) -> list[str]:
    """Return the options for what is written into and beside the image.

    Its format is Docker's, as an image of OCI's has no HEALTHCHECK, SHELL and ONBUILD; but only one of OCI's can have
    annotations.
    """
    asked = environ.get(_FORMAT, "")
    is_oci = asked == "oci" or (not asked and any(_is_own(each.name) for each in plan.annotations))
    options = [] if asked else [f"--format={'oci' if is_oci else 'docker'}"]
    notes = [each for each in plan.annotations if is_oci and each.level == "manifest"]
    options += [f"--annotation={each.name}={each.value}" for each in notes]
    return options + [f"--label={name}={value}" for name, value in plan.labels.items()]


def _is_own(name: str) -> bool:
    """Tell whether an annotation is one that somebody asked for, and not one of ours."""
    return not name.startswith(PREFIX)


def _say_what_is_left_out(plan: BuildPlan, shop: Workshop) -> None:
    if any(_is_own(each.name) and each.level != "manifest" for each in plan.annotations):
        shop.output(f"{plan.name}: buildah writes annotations at the level manifest only")
    if plan.cache.mode in ("registry", "inline") or plan.cache.said_from or plan.cache.said_to:
        shop.output(f"{plan.name}: no cache is read or written: buildah's is of another kind than BuildKit's")


def _limits() -> list[str]:
    """Return the limits of this job: buildah would raise them, which not every machine allows."""
    known = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
    found = {name: resource.getrlimit(number) for name, number in known.items()}
    return [f"--ulimit={name}={soft}:{hard}" for name, (soft, hard) in found.items()]


def _images(plan: BuildPlan, environ: Mapping[str, str]) -> dict[str, str]:
    """Return what the Dockerfile's names of images mean: a name without a registry is one of Docker Hub, as for docker.

    Where variables hide a name from us, the machine's registries.conf says what it means.
    """
    text = Path(plan.dockerfile).read_text(encoding="utf-8", errors="replace")
    try:
        named = base_images.named(text, plan.build_args, platforms_of(plan.platforms, environ))
    except base_images.Unresolved:
        named = ()
    short = [name for name in named if not grammar.has_registry(name)]
    return {name: f"docker.io/{name if '/' in name else f'library/{name}'}" for name in short} | dict(plan.pins)


def _dates(plan: BuildPlan, epoch: str | None) -> list[str]:
    """Return the options for the date of everything in the image; a step sees it only where it asks for it."""
    if epoch is None:
        return []
    asks = EPOCH in Path(plan.dockerfile).read_text(encoding="utf-8", errors="replace")
    return [f"--timestamp={epoch}", *([f"--build-arg={EPOCH}={epoch}"] if asks else [])]


def _ignored(plan: BuildPlan) -> list[str]:
    """Return the file that docker would take, as buildah has another order."""
    path = dockerignore.read(Path(plan.context), Path(plan.dockerfile)).path
    return [f"--ignorefile={path}"] if path else []
