"""What must hold before a generated file reaches the disk."""

import posixpath
import re
from collections.abc import Mapping, Sequence

from ci_kit.config.settings import ImageSettings, Settings, SupplyChainSettings
from ci_kit.errors import UsageError
from ci_kit.language import schema
from ci_kit.model.platform import slug
from ci_kit.pipeline import native, without_daemon
from ci_kit.pipeline.jobs import JOB_NAME
from ci_kit.pipeline.model import Input, Pipeline
from ci_kit.source.reader import read

_NEED_CI_KIT = (
    *("tags", "labels", "oci_annotations", "annotation_levels", "platforms"),
    *("cache_from", "cache_to", "secrets", "ssh"),
)
_NAME_LENGTH = 255  # characters in a job name, GitLab docs "Job keywords"
_FIRST_STORE = 28  # the first Docker that a flag can give containerd's image store
_OUT = "generated.yml"
_REFERENCE = re.compile(r"\$\[\[ inputs\.(\w+) \]\]")


def settings(given: Settings) -> None:
    """Raise UsageError when settings that are right in themselves make no pipeline together."""
    how = given.pipeline
    if how.helper == "image" and not how.helper_image:
        raise UsageError(
            "pipeline.helper is image, but pipeline.helper_image names none",
            hint="name an image with ci-kit and docker in it, or write helper: pip",
        )
    without_daemon.check(how)
    _supply_chain(given)
    if how.native:
        _native(given)
    for image in given.images:
        _several(image, given)
        if how.helper == "none":
            _plain(image)
        _within_project(image.place, {"context": image.context, "dockerfile": image.dockerfile})
        _short(image, max((len(slug(platform)) + 1 for platform in how.native), default=0))
    record = given.record
    files = ("result", "dotenv", "annotations", "report", "junit")
    _within_project(given.path, {name: getattr(record, name) for name in files})


def _supply_chain(given: Settings) -> None:
    """Refuse checks where no ci-kit makes them."""
    if given.pipeline.helper == "none" and given.supply_chain != SupplyChainSettings():
        raise UsageError(
            "supply_chain needs ci-kit in the job, but pipeline.helper is none",
            place=given.path,
            hint="write helper: pip, or leave it out",
        )


def _native(given: Settings) -> None:
    """Refuse what cannot be built on a runner for each platform and then be merged."""
    how, place = given.pipeline, given.path
    if how.helper == "none":
        hint = "write helper: pip, or leave it out"
        raise UsageError("native needs ci-kit in the job, but pipeline.helper is none", place=place, hint=hint)
    if not given.record.result:
        hint = "leave it out, or name a file"
        raise UsageError("native needs record.result: the last job reads it", place=place, hint=hint)
    for image in given.images:
        absent = [platform for platform in native.platforms(image, given) if platform not in how.native]
        if absent:
            hint = f"add it to pipeline.native: {absent[0]}: [tags of its runners]"
            raise UsageError(f"there is no runner for {', '.join(absent)}", place=image.place, hint=hint)


def _several(image: ImageSettings, given: Settings) -> None:
    """Refuse several platforms of one job where the daemon beside it cannot hold them."""
    how = given.pipeline
    old = int(how.docker_version.partition(".")[0] or _FIRST_STORE) < _FIRST_STORE
    if len(image.platforms) > 1 and not how.native and not how.buildkit and old:
        hint = f"use docker_version {_FIRST_STORE} or later, or a runner for each: pipeline.native"
        what = f"Docker {how.docker_version} beside the job keeps one platform of an image"
        raise UsageError(what, place=image.place, hint=hint)


def _plain(image: ImageSettings) -> None:
    """Refuse what plain docker commands do not do."""
    for name in _NEED_CI_KIT:
        if getattr(image, name):
            raise UsageError(
                f"{name} needs ci-kit in the job, but pipeline.helper is none",
                place=image.place,
                hint="write helper: pip, or leave it out",
            )


def _within_project(place: str, paths: Mapping[str, str]) -> None:
    for name, path in paths.items():
        if path.startswith("/") or posixpath.normpath(path or ".").split("/")[0] == "..":
            raise UsageError(
                f"{name} {path!r} is outside the project, where no job has it",
                place=place,
                hint="paths in a pipeline are relative to the project's root",
            )


def pipeline(text: str, meant: Pipeline) -> None:
    """Raise when `text` is not what was meant, or not what GitLab takes; nothing has been written then."""
    tree = read(text, _OUT)
    _require_equal(tree.data, meant.as_data())
    _require_valid(tree.data)


def template(text: str, inputs: Sequence[Input], meant: Pipeline) -> None:
    """Raise when a component's text is not what was meant, or its job with the default inputs is not valid."""
    header, body = read(text, _OUT).documents
    _require_equal(header, {"spec": {"inputs": {each.name: each.as_data() for each in inputs}}})
    _require_equal(body, meant.as_data())
    _require_valid(expanded(body, {each.name: each.default for each in inputs}))


def expanded(data: object, values: Mapping[str, object]) -> object:
    """Return `data` with inputs replaced: alone an input keeps its type, within a text it becomes text."""
    if isinstance(data, dict):
        return {expanded(key, values): expanded(value, values) for key, value in data.items()}
    if isinstance(data, list):
        return [expanded(item, values) for item in data]
    if not isinstance(data, str):
        return data
    alone = _REFERENCE.fullmatch(data)
    if alone:
        return values[alone[1]]
    return _REFERENCE.sub(lambda match: str(values[match[1]]), data)


def _require_equal(found: object, meant: object) -> None:
    if found != meant:
        raise AssertionError("the generated text does not read back as what was meant")


def _short(image: ImageSettings, longest: int) -> None:
    """Refuse a name that makes a job name too long; `longest` is what a platform adds to it."""
    length = len(f"{JOB_NAME}:{image.name}") + longest
    if length > _NAME_LENGTH:
        raise UsageError(
            f"the name {image.name[:20]!r}… makes a job name of {length} characters, GitLab allows {_NAME_LENGTH}",
            place=image.place,
            hint="give the image a shorter name:",
        )


def _require_valid(data: object) -> None:
    """Check against the JSON schema that GitLab publishes; a fault here is ours, whatever the settings say."""
    for violation in schema.violations(data):
        keys = ".".join(map(str, violation.keys))
        raise AssertionError(f"the generated text breaks GitLab's schema at {keys}: {violation.message[:200]}")
