"""Every setting, declared once: file key, flags, variables, type, help and rule; the default is the field's own.

The JSON schema, the flags, the variables and the table in the documentation are derived from OPTIONS.
"""

from functools import cache
from typing import get_args

from ci_kit.config.cleanup_options import OF_CLEANUP
from ci_kit.config.image_options import OF_IMAGES
from ci_kit.config.option import PLATFORM_PATTERN, PLATFORM_RULE, Option
from ci_kit.config.settings import BuilderName, Helper
from ci_kit.config.supply_chain_options import OF_SUPPLY_CHAIN

OPTIONS: tuple[Option, ...] = (
    *OF_IMAGES,
    Option(
        "pipeline",
        "builder",
        "choice",
        "What builds the image (docs/builders.md): `auto` takes the first of buildx, docker, buildah and buildkit that "
        "can work in the job.",
        flags=("--builder",),
        variable="CI_KIT_BUILDER",
        choices=get_args(BuilderName),
    ),
    Option(
        "pipeline",
        "buildkit",
        "text",
        "The BuildKit for buildx: `docker-container`, `tcp://host:port?cacert=…&cert=…&key=…`, "
        "`kubernetes://namespace/name`, or the name of a builder that is there. Default: the daemon's own.",
        flags=("--buildkit",),
        variable="CI_KIT_BUILDKIT",
        pattern=r"[^\s]+",
        rule="an address or name without spaces",
    ),
    Option(
        "pipeline",
        "helper",
        "choice",
        "How ci-kit comes into the job: in `helper_image`, by pip, or not at all (plain docker commands).",
        flags=("--helper",),
        choices=get_args(Helper),
    ),
    Option(
        "pipeline",
        "helper_image",
        "text",
        "Image with ci-kit and the docker command line in it, for `helper: image`.",
        flags=("--helper-image",),
        pattern=r"[^\s]+",
        rule="an image reference without spaces",
    ),
    Option(
        "pipeline",
        "runner_tags",
        "texts",
        "Tags of the runners that may take the jobs.",
        flags=("--runner-tag",),
        pattern=r"[^\s,][^,]*",
        rule="a runner tag without comma",
    ),
    Option(
        "pipeline",
        "docker_version",
        "text",
        "Version of the docker images of job and service. Default: the version this ci-kit was tested with.",
        flags=("--docker-version",),
        pattern=r"[0-9]+(?:\.[0-9]+){0,2}",
        rule="a version like 28.5.2",
    ),
    Option(
        "pipeline",
        "stage",
        "text",
        "Stage of the jobs.",
        flags=("--stage",),
        pattern=r"[^\s$](?:[^\n$]*[^\s$])?",
        rule="one line without variables",
    ),
    Option(
        "pipeline",
        "registry_mirror",
        "text",
        "Address of a mirror of Docker Hub: the daemon beside the job asks it first, or buildah or the BuildKit of the "
        "run, and so does ci-kit for the digests of base images.",
        flags=("--registry-mirror",),
        variable="CI_KIT_REGISTRY_MIRROR",
        pattern=r"https?://[^\s]+",
        rule="an address like https://mirror.example.com",
    ),
    Option(
        "pipeline",
        "native",
        "lists",
        "Platforms that get a job of their own, with the tags of its runners: `linux/arm64: [arm]`. A last job makes "
        "one image of them (docs/platforms.md).",
        flags=("--native",),
        pattern=PLATFORM_PATTERN,
        rule=PLATFORM_RULE,
    ),
    Option(
        "record",
        "result",
        "path",
        "File for the result as JSON.",
        flags=("--result",),
        variable="CI_KIT_RESULT",
    ),
    Option(
        "record",
        "dotenv",
        "path",
        "File with image, tag and digest as variables for later jobs.",
        flags=("--dotenv",),
        variable="CI_KIT_DOTENV",
    ),
    Option(
        "record",
        "annotations",
        "path",
        "File with links for the job's page.",
        flags=("--annotations",),
        variable="CI_KIT_ANNOTATIONS",
    ),
    Option(
        "record",
        "report",
        "path",
        "File with the build report, a page that needs nothing else: steps, cache hits, layers, tags (docs/record.md).",
        flags=("--report",),
        variable="CI_KIT_REPORT",
    ),
    Option(
        "record",
        "junit",
        "path",
        "File with a JUnit report, a test for each thing that was verified: GitLab shows it in the merge request.",
        flags=("--junit",),
        variable="CI_KIT_JUNIT",
    ),
    Option(
        "record",
        "release_link",
        "boolean",
        "In a pipeline of a git tag, link the image in the release of that tag, where there is one.",
        flags=("--release-link",),
        variable="CI_KIT_RELEASE_LINK",
    ),
    Option(
        "record",
        "environment",
        "text",
        "Environment for which a deployment of this commit is recorded. Default: none.",
        flags=("--environment",),
        variable="CI_KIT_ENVIRONMENT",
        pattern=r"[A-Za-z0-9_./ -]{1,255}",
        rule="at most 255 letters, digits, spaces, _ . / and -",
    ),
    Option(
        "record",
        "pipeline_name",
        "boolean",
        "Name the pipeline after the images; of several jobs the last one names it.",
        flags=("--pipeline-name",),
        variable="CI_KIT_PIPELINE_NAME",
    ),
    Option(
        "record",
        "commit_status",
        "boolean",
        "Report the digest as a commit status, where the token may.",
        flags=("--commit-status",),
        variable="CI_KIT_COMMIT_STATUS",
    ),
    Option(
        "record",
        "merge_request_note",
        "boolean",
        "Keep one note in the merge request up to date, where the token may.",
        flags=("--merge-request-note",),
        variable="CI_KIT_MERGE_REQUEST_NOTE",
    ),
    *OF_SUPPLY_CHAIN,
    Option("lint", "ignore", "texts", "Ids of rules that are not reported.", pattern=r"CK[0-9]{3}", rule="CK101"),
    *OF_CLEANUP,
)


@cache
def of_section(section: str) -> tuple[Option, ...]:
    """Return the options of one section, in the order of their declaration."""
    return tuple(option for option in OPTIONS if option.section == section)


@cache
def by_key(section: str) -> dict[str, Option]:
    """Return the options of one section by key."""
    return {option.key: option for option in of_section(section)}
