"""A job for each platform on runners of its own, and one that makes a single image of what they built."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import NamedTuple

from ci_kit.config.settings import ImageSettings, RecordSettings, Settings
from ci_kit.model.platform import slug
from ci_kit.pipeline.model import Job

MERGE_NAME = ".merge"
_SLUG = "CI_KIT_PLATFORM_SLUG"
_CHILD = "ci-kit build-push --child"
_OF_BUILDS = (
    *("DOCKER_", "CI_KIT_BUILD", "CI_KIT_CACHE", "CI_KIT_SECRETS", "CI_KIT_SSH", "CI_KIT_TARGET"),
    "CI_KIT_REGISTRY_MIRROR",
)

Variables = Callable[[ImageSettings], Mapping[str, str]]
Needs = Mapping[str, Mapping[str, Sequence[str]]]


def platforms(image: ImageSettings, settings: Settings) -> tuple[str, ...]:
    """Return the platforms of an image: those it names, else all that have runners."""
    return image.platforms or tuple(settings.pipeline.native)


def record_of_child(record: RecordSettings) -> RecordSettings:
    """Return where the job of one platform writes; it writes no report that would pass for the whole image's."""
    result, report = _of_platform(record.result), _of_platform(record.report)
    return record._replace(result=result, report=report, dotenv="", annotations="")


class Shared(NamedTuple):
    """What jobs have in common but their scripts: those of one platform, and those of a whole image."""

    child: Job
    whole: Job


def jobs(settings: Settings, shared: Shared, variables: Variables, needs: Needs) -> tuple[Job, ...]:
    """Return what children share, what their merging shares, and then of each image its children and its merging.

    An image's last job has the name that its only job has elsewhere: who needs the image, waits for that.
    """
    child = replace(shared.child, script=(*shared.child.script[:-1], _CHILD))
    merging = _merging(shared.whole, settings)
    if len(settings.images) == 1:
        children = _children(child.name[1:], settings.images[0], settings, variables)
        said = {**merging.variables, **_of_whole(settings.images[0], settings, variables)}
        after = tuple(each.name for each in children)
        return (child, *children, replace(merging, name=child.name[1:], variables=said, needs=after))
    found = [child, merging]
    for image in settings.images:
        name = f"{child.name[1:]}:{image.name}"
        before = tuple(f"{child.name[1:]}:{other}" for other in needs.get(image.name, ()))
        children = [replace(each, needs=before) for each in _children(name, image, settings, variables)]
        after = tuple(each.name for each in children)
        said = _of_whole(image, settings, variables)
        found += [*children, Job(name, extends=merging.name, variables=said, needs=after)]
    return tuple(found)


def _children(name: str, image: ImageSettings, settings: Settings, variables: Variables) -> list[Job]:
    found = []
    for platform in platforms(image, settings):
        own = {**variables(image), "CI_KIT_PLATFORMS": platform, _SLUG: slug(platform)}
        tags = settings.pipeline.native.get(platform, ())
        found.append(Job(f"{name}:{slug(platform)}", extends=".build-push", tags=tags, variables=own))
    return found


def _of_whole(image: ImageSettings, settings: Settings, variables: Variables) -> dict[str, str]:
    return {**without_builds(variables(image)), "CI_KIT_PLATFORMS": ",".join(platforms(image, settings))}


def _merging(whole: Job, settings: Settings) -> Job:
    """Return the job that merges: it needs no daemon, and finds the results of the jobs that it needs."""
    path = PurePosixPath(settings.record.result)
    script = (*whole.script[:-1], f'ci-kit merge "{path.with_name(path.stem)}-$CI_KIT_NAME"-*{path.suffix}')
    said = without_builds(whole.variables)
    return replace(whole, name=MERGE_NAME, services=(), variables=said, script=script, builds=False)


def without_builds(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables but for those that only a build needs: what merges has no use for them."""
    return {name: value for name, value in variables.items() if not name.startswith(_OF_BUILDS)}


def _of_platform(path: str) -> str:
    whole = PurePosixPath(path)
    return str(whole.with_name(f"{whole.stem}-$CI_KIT_NAME-${_SLUG}{whole.suffix}")) if path else ""
