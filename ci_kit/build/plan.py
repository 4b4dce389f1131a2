"""From settings and job to plans; every wrong path or name is found here, before a daemon is asked."""

from collections.abc import Mapping
from pathlib import Path

from ci_kit.build import compare, supply_chain
from ci_kit.build.family import members
from ci_kit.build.options import annotations, caches, secrets
from ci_kit.build.tagging import labels
from ci_kit.build.tagging.rule_values import Job
from ci_kit.config.settings import ImageSettings, Settings
from ci_kit.errors import UsageError
from ci_kit.model.plan import BuildPlan
from ci_kit.model.record import JobFacts
from ci_kit.registry import reference


def make(settings: Settings, facts: JobFacts, environ: Mapping[str, str], root: Path) -> tuple[BuildPlan, ...]:
    """Return one plan an image, in the order of the settings; UsageError names the flag, variable or place."""
    attestations = supply_chain.attestations(settings.supply_chain, environ)
    plans = tuple(_plan(image, facts, environ, root, attestations) for image in settings.images)
    seen: dict[str, str] = {}
    for plan in plans:
        other = seen.setdefault(plan.image.name, plan.name)
        if other != plan.name:
            raise UsageError(
                f"{other!r} and {plan.name!r} both push {plan.image.name}", hint="give each its own image:"
            )
    return members.with_needs(plans, settings, Job(facts, environ))


def _plan(
    image: ImageSettings, facts: JobFacts, environ: Mapping[str, str], root: Path, attestations: tuple[str, ...]
) -> BuildPlan:
    target = reference.of_image(image.image, environ, image.place)
    found = members.tags_of(image, Job(facts, environ))
    fixed, *others = found.planned
    path = _dockerfile(root, image)
    said = labels.of(facts, environ, found.version) | dict(image.labels)
    return BuildPlan(
        name=image.name,
        image=target.with_tag(fixed.name),
        moving=tuple(target.with_tag(tag.name) for tag in others),
        context=str(_directory(root, image)),
        dockerfile=str(path),
        target=image.target,
        build_args=members.predefined(path, environ) | dict(image.build_args),
        labels=said,
        planned=found.planned,
        overwrite=image.overwrite_tags,
        epoch=labels.epoch(facts, environ),
        commit=facts.sha,
        platforms=tuple(dict.fromkeys(image.platforms)),
        annotations=annotations.of(
            said, image.oci_annotations, image.annotation_levels, several=len(set(image.platforms)) > 1
        ),
        cache=caches.of(image, target, facts, environ, [tag.name for tag in others if tag.kind == "moving"]),
        secrets=secrets.of(image.secrets, environ, root),
        ssh=secrets.ssh(image.ssh, environ, root),
        against=compare.against(target, facts),
        attestations=attestations,
    )


def _directory(root: Path, image: ImageSettings) -> Path:
    path = root / image.context
    if not path.is_dir():
        what = "is not a directory" if path.exists() else "does not exist"
        raise UsageError(f"the context {image.context!r} {what}", place=image.place, hint=f"looked in {root}")
    return path.resolve()


def _dockerfile(root: Path, image: ImageSettings) -> Path:
    path = root / image.dockerfile
    if path.is_file():
        return path.resolve()
    what = "is not a file" if path.exists() else "does not exist"
    near = sorted(found.relative_to(root).as_posix() for found in root.glob("**/*ockerfile*") if found.is_file())[:3]
    hint = f"there is {', '.join(near)}" if near else f"there is no Dockerfile below {root}"
    raise UsageError(f"the Dockerfile {image.dockerfile!r} {what}", place=image.place, hint=hint)
