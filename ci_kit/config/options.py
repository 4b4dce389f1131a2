"""Every setting, declared once: file key, flags, variables, type, help and rule; the default is the field's own.

The JSON schema, the flags, the variables and the table in the documentation are derived from OPTIONS.
"""

from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from typing import Literal, get_args

from ci_kit.config.settings import (
    BuilderName,
    Helper,
    ImageSettings,
    LintSettings,
    PipelineSettings,
    RecordSettings,
)

# `texts` is a list with commas between in a variable, `lines` a list with one a line.
Kind = Literal["text", "path", "image", "choice", "boolean", "texts", "lines", "map"]

NAME_PATTERN = r"[a-z0-9]+(?:[._-][a-z0-9]+)*"
VARIABLE_PATTERN = r"[A-Za-z_][A-Za-z0-9_]*"
LABEL_PATTERN = r"[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?"

IMAGES = "images"
SECTIONS: dict[str, type] = {
    IMAGES: ImageSettings,
    "pipeline": PipelineSettings,
    "record": RecordSettings,
    "lint": LintSettings,
}
SECTION_HELP = {
    IMAGES: "The images to build, one job each. Without it: the Dockerfile in the project's root.",
    "pipeline": "How the generated jobs run.",
    "record": "Where the outcome is written, and who is told. An empty path: not written.",
    "lint": "What ci-kit lint leaves out.",
}


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: `key` in its `section`; `pattern` must match the whole text, `rule` says it in words.

    `flags`, `variable` (CI_KIT_…) and `fallbacks` (CI_… of GitLab) are the other ways to say it, if any.
    """

    section: str
    key: str
    kind: Kind
    help: str
    flags: tuple[str, ...] = ()
    variable: str = ""
    fallbacks: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    pattern: str = ""
    rule: str = ""

    @property
    def path(self) -> str:
        """The key path as the documentation writes it: `pipeline.builder`, `images[].context`."""
        return f"{self.section}{'[]' if self.section == IMAGES else ''}.{self.key}"

    @property
    def default(self) -> object:
        """The value when nobody says anything; None where it is worked out from other values."""
        return _default(next(field for field in fields(SECTIONS[self.section]) if field.name == self.key))


def _default(field: Field[object]) -> object:
    if field.default is not MISSING:
        return field.default
    return None if field.default_factory is MISSING else field.default_factory()


OPTIONS: tuple[Option, ...] = (
    Option(
        IMAGES,
        "name",
        "text",
        "Name of the job and of the outputs; selects one of several. Default: last part of the image, else `image`.",
        flags=("--name",),
        variable="CI_KIT_NAME",
        pattern=NAME_PATTERN,
        rule="a-z and 0-9, joined by . _ or -",
    ),
    Option(
        IMAGES,
        "context",
        "path",
        "Directory that is sent to the build, relative to the project's root.",
        flags=("--context",),
        variable="CI_KIT_CONTEXT",
    ),
    Option(
        IMAGES,
        "dockerfile",
        "path",
        "The Dockerfile, relative to the project's root. Default: `Dockerfile` inside the context.",
        flags=("--dockerfile", "-f"),
        variable="CI_KIT_DOCKERFILE",
    ),
    Option(
        IMAGES,
        "image",
        "image",
        "Where to push: a name below `$CI_REGISTRY_IMAGE`, or `host/path`. Default: the project's own image.",
        flags=("--image",),
        variable="CI_KIT_IMAGE",
        fallbacks=("CI_APPLICATION_REPOSITORY",),
    ),
    Option(
        IMAGES,
        "build_args",
        "map",
        "Build arguments; in the variable one `KEY=value` a line.",
        flags=("--build-arg",),
        variable="CI_KIT_BUILD_ARGS",
        pattern=VARIABLE_PATTERN,
        rule="a name of letters, digits and _",
    ),
    Option(
        IMAGES,
        "target",
        "text",
        "Stage of the Dockerfile to build. Default: the last one.",
        flags=("--target",),
        variable="CI_KIT_TARGET",
        pattern=r"[A-Za-z0-9][A-Za-z0-9_.-]*",
        rule="letters, digits, _ . and -",
    ),
    Option(
        IMAGES,
        "tags",
        "lines",
        "Rules for the tags, like `type=semver,pattern={{version}}`; in the variable one a line (docs/tags.md). "
        "Default: the commit's SHA, then the git tag, `mr-N`, or the branch and on the default branch `latest`.",
        flags=("--tags",),
        variable="CI_KIT_TAGS",
        pattern=r"[^\n]+",
        rule="one line",
    ),
    Option(
        IMAGES,
        "overwrite_tags",
        "boolean",
        "Set every tag, also a version that is there already and one that a newer image has.",
        flags=("--overwrite-tags",),
        variable="CI_KIT_OVERWRITE_TAGS",
    ),
    Option(
        IMAGES,
        "labels",
        "map",
        "Labels of the image, over those that ci-kit sets itself; in the variable one `key=value` a line.",
        flags=("--label",),
        variable="CI_KIT_LABELS",
        pattern=LABEL_PATTERN,
        rule="a name of letters and digits, joined by . _ / or -",
    ),
    Option(
        "pipeline",
        "builder",
        "choice",
        "What builds the image: `auto` takes buildx where it is, else docker.",
        flags=("--builder",),
        variable="CI_KIT_BUILDER",
        choices=get_args(BuilderName),
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
    Option("lint", "ignore", "texts", "Ids of rules that are not reported.", pattern=r"CK[0-9]{3}", rule="CK101"),
)


@cache
def of_section(section: str) -> tuple[Option, ...]:
    """Return the options of one section, in the order of their declaration."""
    return tuple(option for option in OPTIONS if option.section == section)


@cache
def by_key(section: str) -> dict[str, Option]:
    """Return the options of one section by key."""
    return {option.key: option for option in of_section(section)}
