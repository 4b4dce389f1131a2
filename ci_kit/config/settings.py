"""What a project may set, as frozen values; `load` fills them, everything else only reads them."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from ci_kit.model.annotation import Level
from ci_kit.model.cache import CacheMode

BuilderName = Literal["auto", "docker", "buildx", "buildah", "buildkit"]
SbomKind = Literal["none", "auto", "file", "attestation"]
SbomFormat = Literal["cyclonedx", "spdx"]
Provenance = Literal["none", "min", "max"]
Severity = Literal["low", "medium", "high", "critical"]
Signing = Literal["none", "auto", "key", "keyless"]
Helper = Literal["image", "pip", "none"]
LIVE = ("branches", "merge_requests", "tags", "releases", "environments")  # of GitLab: what images are still needed for


class Placed(NamedTuple):
    """A line of a setting; `place` is where it was said: a flag, a variable, or `file:line:column`."""

    text: str
    place: str = ""


class ImageSettings(NamedTuple):
    """One image to build; paths are relative to the project's root, with `/`.

    `image` is as the user wrote it: empty (the project's own image), a name below `$CI_REGISTRY_IMAGE`,
    or a full reference; `$CI_…` variables in it are expanded where it is used, not where it is rendered.
    `place` is where it was said: a flag, a variable, or `file:line:column`.
    """

    name: str
    context: str = "."
    dockerfile: str = "Dockerfile"
    image: str = ""
    build_args: Mapping[str, str] = MappingProxyType({})
    target: str = ""
    tags: tuple[Placed, ...] = ()
    overwrite_tags: bool = False
    labels: Mapping[str, str] = MappingProxyType({})
    oci_annotations: Mapping[str, str] = MappingProxyType({})
    annotation_levels: tuple[Level, ...] = ()
    platforms: tuple[str, ...] = ()
    cache: CacheMode = "auto"
    cache_from: tuple[Placed, ...] = ()
    cache_to: tuple[Placed, ...] = ()
    secrets: tuple[Placed, ...] = ()
    ssh: tuple[Placed, ...] = ()
    needs: tuple[str, ...] = ()
    place: str = ""


class PipelineSettings(NamedTuple):
    """How the generated jobs run; `native` has the runners' tags of each platform that gets a job of its own."""

    builder: BuilderName = "auto"
    helper: Helper = "pip"
    helper_image: str = ""
    runner_tags: tuple[str, ...] = ()
    docker_version: str = ""
    stage: str = "build"
    registry_mirror: str = ""
    buildkit: str = ""
    native: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class RecordSettings(NamedTuple):
    """Where the outcome is written and who is told; an empty path means: not written."""

    result: str = "ci-kit-result.json"
    dotenv: str = "ci-kit.env"
    annotations: str = "ci-kit-annotations.json"
    report: str = "ci-kit-report.html"
    junit: str = "ci-kit-junit.xml"
    release_link: bool = True
    environment: str = ""
    pipeline_name: bool = False
    commit_status: bool = True
    merge_request_note: bool = True


class SupplyChainSettings(NamedTuple):
    """What is told and proved of an image between its first tag and the others; an empty `scan` means: none."""

    sbom: SbomKind = "none"
    sbom_format: SbomFormat = "cyclonedx"
    provenance: Provenance = "none"
    scan: str = ""
    scan_severity: Severity = "critical"
    sign: Signing = "none"
    sign_key: str = "COSIGN_PRIVATE_KEY"


class LintSettings(NamedTuple):
    """What `ci-kit lint` leaves out in this project."""

    ignore: tuple[str, ...] = ()


class CleanupSettings(NamedTuple):
    """Which tags `ci-kit cleanup` deletes; regular expressions are RE2's and for whole tags.

    `keep_n` has lines like `10` and `5 of v.*`, `older_than` is a span like `30d`; `live` is what GitLab is asked for.
    """

    match: tuple[Placed, ...] = ()
    keep: tuple[Placed, ...] = ()
    keep_n: tuple[Placed, ...] = ()
    older_than: str = ""
    live: tuple[str, ...] = LIVE


class Settings(NamedTuple):
    """All settings of a project; `path` is the file they came from, empty when there is none.

    `several` tells that the project has more images than the ones here: one was selected by its name. `others` are
    those that are not to be built.
    """

    images: tuple[ImageSettings, ...] = ()
    pipeline: PipelineSettings = PipelineSettings()
    record: RecordSettings = RecordSettings()
    supply_chain: SupplyChainSettings = SupplyChainSettings()
    lint: LintSettings = LintSettings()
    cleanup: CleanupSettings = CleanupSettings()
    path: str = ""
    several: bool = False
    others: tuple[ImageSettings, ...] = ()
