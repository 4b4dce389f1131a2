"""The images of a project as they may need each other: those of this run, and those that other jobs build."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ci_kit.build.family import needs
from ci_kit.build.family.needs import Member
from ci_kit.build.inputs import dockerfile
from ci_kit.build.inputs.content import platforms_of
from ci_kit.build.tagging import tag_rule, tags
from ci_kit.build.tagging.rule_values import Job
from ci_kit.build.tagging.tags import Tags
from ci_kit.config.images import variable_suffix
from ci_kit.config.settings import ImageSettings, Settings
from ci_kit.errors import UsageError
from ci_kit.gitlab_api.reports import REFERENCE
from ci_kit.model import grammar
from ci_kit.model.image import ImageRef
from ci_kit.model.plan import BuildPlan, Need
from ci_kit.registry import reference

# What a Dockerfile may declare with a bare ARG, and gets without a build_args: the names of registries, no secret.
_PREDEFINED = (
    "CI_REGISTRY",
    "CI_REGISTRY_IMAGE",
    "CI_DEPENDENCY_PROXY_GROUP_IMAGE_PREFIX",
    "CI_DEPENDENCY_PROXY_DIRECT_GROUP_IMAGE_PREFIX",
)


# How a variable of which only a job knows the value stands in the name of an image.
_STAND_IN = re.compile(r"variable\.([a-z0-9-]+)\.invalid/x")


def with_needs(plans: Sequence[BuildPlan], settings: Settings, job: Job) -> tuple[BuildPlan, ...]:
    """Return the plans with the images that each needs; UsageError names a circle."""
    if len(plans) + len(settings.others) == 1:
        return tuple(plans)
    members = [_here(plan, image, job.environ) for plan, image in zip(plans, settings.images, strict=True)]
    found = needs.of((*members, *_elsewhere(settings.others, job)))
    return tuple(plan._replace(needs=found[plan.name]) for plan in plans)


def without_a_job(settings: Settings, root: Path) -> dict[str, tuple[Need, ...]]:
    """Return the needs of each image as far as the files tell them; UsageError names a circle.

    What only a job knows stands for itself: `$CI_REGISTRY_IMAGE` in a Dockerfile is that of the settings. Which tag is
    meant is not looked at.
    """
    if len(settings.images) == 1:
        return {}
    return needs.of(tuple(_unknown(image, root) for image in settings.images))


def with_variables(word: str) -> str:
    """Return a word of `without_a_job` as GitLab takes it: `$CI_REGISTRY_IMAGE/base`."""
    return _STAND_IN.sub(lambda match: f"${match[1].replace('-', '_').upper()}", word)


def _unknown(image: ImageSettings, root: Path) -> Member:
    said = "\n".join((image.image, *image.build_args.values()))
    names = {first or second for first, second in grammar.VARIABLE.findall(said)}
    known = {name: f"variable.{name.replace('_', '-').lower()}.invalid/x" for name in (*names, *_PREDEFINED)}
    arguments = {name: reference.expand(value, known) for name, value in image.build_args.items()}
    path = root / image.dockerfile
    return Member(
        image.name,
        _named(image, known),
        dockerfile=_text(path),
        build_args=predefined(path, known) | arguments,
        platforms=image.platforms or ("linux/amd64",),
        needs=image.needs,
        place=image.place,
    )


def _named(image: ImageSettings, known: Mapping[str, str]) -> ImageRef:
    """Return where an image goes; one of which that cannot be said before the job is no other's base."""
    with suppress(UsageError):
        return reference.of_image(image.image, known, image.place)
    return ImageRef("", image.name)


def predefined(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the names of registries that the Dockerfile declares before its first FROM, without a value of its own."""
    known = {name: environ[name] for name in _PREDEFINED if environ.get(name)}
    declared = dockerfile.global_arguments(_text(path)) if known else ()
    return {name: value for name, value in known.items() if name in declared}


def tags_of(image: ImageSettings, job: Job) -> Tags:
    """Return the tags that an image gets in this job; UsageError when its rules make none."""
    return tags.plan(tag_rule.parse(image.tags), job, image.tags[0].place if image.tags else "")


def _here(plan: BuildPlan, image: ImageSettings, environ: Mapping[str, str]) -> Member:
    return Member(
        plan.name,
        plan.image,
        frozenset(each.tag for each in plan.references),
        _text(Path(plan.dockerfile)),
        plan.build_args,
        platforms_of(plan.platforms, environ),
        image.needs,
        image.place,
    )


def _elsewhere(images: Sequence[ImageSettings], job: Job) -> Iterator[Member]:
    """Yield the images that other jobs build; one about which nothing can be said here is left to its own job."""
    for image in images:
        with suppress(UsageError):
            target = reference.of_image(image.image, job.environ, image.place)
            names = [tag.name for tag in tags_of(image, job).planned if not tag.is_pending] or [job.facts.sha]
            there = _told(image.name, target, job.environ) or target.with_tag(names[0])
            yield Member(image.name, there, frozenset(names), is_here=False)


def _told(name: str, target: ImageRef, environ: Mapping[str, str]) -> ImageRef | None:
    """Return the image at its digest when the dotenv report of its job tells it, None otherwise."""
    said = environ.get(f"{REFERENCE}_{variable_suffix(name)}", "")
    with suppress(UsageError):
        found = reference.parse(said)
        if found.digest and found.name == target.name:
            return found
    return None


def _text(path: Path) -> str:
    """Return what is in a Dockerfile, nothing where it cannot be read: the build will say it better."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return ""
