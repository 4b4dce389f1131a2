"""From settings to the jobs of a pipeline: one job an image; what several share stands once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ci_kit.config import file_of_image
from ci_kit.config.images import variable_suffix
from ci_kit.config.options import of_section
from ci_kit.config.settings import ImageSettings, Placed, RecordSettings, Settings
from ci_kit.errors import GitLabError
from ci_kit.pipeline import native, without_daemon
from ci_kit.pipeline.model import Artifacts, Job, Pipeline, Rule, Service
from ci_kit.version import VERSION

# What the tests ran with; docker-library/docker tags 28.5.2-cli and 28.5.2-dind, read 2026-11.
DOCKER_VERSION = "28.5.2"
JOB_NAME = "build-push"
SHARED_NAME = ".build-push"

_ALIAS = "docker"
# Since Docker 28: docker docs "dockerd", "Feature options".
_CONTAINERD_STORE = "--feature=containerd-snapshotter=true"
_TLS_PORT = "2376"
TIMEOUT = "1 hour"
_EXPIRE_IN = "30 days"
_GITLAB_STAGES = (".pre", "build", "test", "deploy", ".post")

# Job rules and not workflow: rules, so that the file may also be included in a larger pipeline.
# CI_MERGE_REQUEST_IID and not CI_PIPELINE_SOURCE, which says only parent_pipeline in a child pipeline.
RULES = (
    Rule(
        "$CI_MERGE_REQUEST_IID && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID != $CI_PROJECT_ID",
        "A fork pushes to its own registry, in its own pipeline.",
        never=True,
    ),
    Rule(
        "$CI_MERGE_REQUEST_IID && $CI_MERGE_REQUEST_SOURCE_BRANCH_NAME == $CI_DEFAULT_BRANCH",
        "The default branch builds in its branch pipeline, which moves latest.",
        never=True,
    ),
    Rule("$CI_MERGE_REQUEST_IID", "A newer push to a merge request may stop this job.", interruptible=True),
    Rule("$CI_COMMIT_TAG", "Tags and the default branch are built to the end."),
    Rule("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", ""),
    Rule(
        '$CI_PIPELINE_SOURCE == "push" && $CI_OPEN_MERGE_REQUESTS',
        "This push has a merge request pipeline, which builds: not twice.",
        never=True,
    ),
    Rule("$CI_COMMIT_BRANCH", "Any other branch.", interruptible=True),
)

# A failed build fails again; a lost runner does not.
RETRY: Mapping[str, object] = MappingProxyType({"max": 2, "when": ["runner_system_failure"]})

DAEMON: Mapping[str, str] = MappingProxyType(
    {
        "DOCKER_HOST": f"tcp://{_ALIAS}:{_TLS_PORT}",
        "DOCKER_TLS_CERTDIR": "/certs",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": "/certs/client",
    }
)

INSTALL = """\
if ! command -v ci-kit >/dev/null; then
  command -v python3 >/dev/null || apk add --no-cache python3 py3-pip
  python3 -m venv /tmp/ci-kit
  /tmp/ci-kit/bin/pip install --quiet --disable-pip-version-check "ci-kit==$CI_KIT_VERSION"
  export PATH="/tmp/ci-kit/bin:$PATH"
fi
"""
RUN = "ci-kit build-push"


def pipeline(settings: Settings, needs: native.Needs = MappingProxyType({})) -> Pipeline:
    """Return the jobs for settings that `check.settings` has found to fit together.

    `needs` tells for each image by its name which others it is made from, and the words that its Dockerfile has for
    them.
    """
    stages = () if settings.pipeline.stage in _GITLAB_STAGES else (settings.pipeline.stage,)
    shared = _shared(settings, _record_of_job(settings))
    if settings.pipeline.native:
        child = _shared(settings, native.record_of_child(settings.record))
        return Pipeline(native.jobs(settings, native.Shared(child, shared), _variables_of, needs), stages)
    if len(settings.images) == 1:
        own = _variables_of(settings.images[0])
        return Pipeline((replace(shared, name=JOB_NAME, variables={**shared.variables, **own}),), stages)
    built = (_job(image, settings, needs.get(image.name, {})) for image in settings.images)
    return Pipeline((shared, *built), stages)


def dind(version: str, flags: tuple[str, ...] = ()) -> Service:
    """Return the Docker daemon as a service: its alias is a name its certificate is made for."""
    return Service(f"docker:{version}-dind", _ALIAS, MappingProxyType({"HEALTHCHECK_TCP_PORT": _TLS_PORT}), flags)


def _flags(settings: Settings) -> tuple[str, ...]:
    """Return the flags of the daemon: only one with containerd's image store holds several platforms of an image."""
    how = settings.pipeline
    mirror = (f"--registry-mirror={how.registry_mirror}",) if how.registry_mirror else ()
    is_several = not how.native and any(len(image.platforms) > 1 for image in settings.images)
    return (*mirror, *((_CONTAINERD_STORE,) if is_several and not how.buildkit else ()))


def client_image(version: str) -> str:
    """Return the image with the docker command line."""
    return f"docker:{version}-cli"


def script_of(helper: str, install: str = INSTALL) -> tuple[str, ...]:
    """Return the script of a job whose ci-kit comes by `helper`, by pip with the commands of `install`."""
    if helper == "none":
        return (Path(__file__).with_name("plain.sh").read_text(encoding="utf-8"),)
    return (RUN,) if helper == "image" else (install, RUN)


def artifacts(record: RecordSettings, *lists: str) -> Artifacts:
    """Return what a job keeps, also when it fails: then the result file tells how far it came.

    `lists` are the files with what is in an image.
    """
    paths = tuple(path for path in (record.result, record.report, *lists) if path)
    kept = any((paths, record.dotenv, record.annotations, record.junit))
    return Artifacts(paths, record.dotenv, record.annotations, record.junit, _EXPIRE_IN) if kept else Artifacts()


def _shared(settings: Settings, record: RecordSettings) -> Job:
    """Return everything but what an image says of itself; `record` is where the job writes."""
    how = settings.pipeline
    version = how.docker_version or DOCKER_VERSION
    alone, by_buildah = without_daemon.is_meant(how), how.builder == "buildah"
    image = without_daemon.DEBIAN if by_buildah else client_image(version)
    return Job(
        SHARED_NAME,
        stage=how.stage,
        image=how.helper_image if how.helper == "image" else image,
        services=() if alone else (dind(version, _flags(settings)),),
        tags=how.runner_tags,
        variables={**({} if alone else DAEMON), **_variables(settings, record)},
        rules=RULES,
        timeout=TIMEOUT,
        retry=RETRY,
        forgiven=0 if how.helper == "none" else GitLabError.exit_code,
        script=script_of(how.helper, without_daemon.INSTALL if by_buildah else INSTALL),
        artifacts=artifacts(record, *_lists(settings)),
    )


def _record_of_job(settings: Settings) -> RecordSettings:
    """Return where a job writes; several jobs need several files, or a later job would see only the last.

    Plain docker commands write the two reports that need nothing but a shell.
    """
    record = settings.record
    if settings.pipeline.helper == "none":
        return RecordSettings(result="", dotenv=record.dotenv, annotations=record.annotations, report="", junit="")
    if len(settings.images) == 1:
        return record
    name = "$CI_KIT_NAME"
    return record._replace(result=file_of_image.of(record.result, name), report=file_of_image.of(record.report, name))


def _lists(settings: Settings) -> tuple[str, ...]:
    """Return the SBOM that a job writes, if it writes one; the job's variable has the image's name."""
    return ("ci-kit-sbom-$CI_KIT_NAME.json",) if settings.supply_chain.sbom in ("auto", "file") else ()


def _variables(settings: Settings, record: RecordSettings) -> dict[str, str]:
    """Return the variables that are the same for all images."""
    said: dict[str, str] = {"CI_KIT_BUILDER": settings.pipeline.builder}
    said |= {"CI_KIT_BUILDKIT": _literal(settings.pipeline.buildkit)} if settings.pipeline.buildkit else {}
    if settings.pipeline.helper == "pip":
        said["CI_KIT_VERSION"] = VERSION
    if settings.pipeline.registry_mirror and settings.pipeline.helper != "none":
        said["CI_KIT_REGISTRY_MIRROR"] = settings.pipeline.registry_mirror
    if settings.pipeline.helper == "none":
        return said | {name: str(value) for name, value in _record(record).items() if isinstance(value, str)}
    usual = _record(RecordSettings())
    return said | {name: _text(value) for name, value in _record(record).items() if value != usual.get(name)}


def _text(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value


def _record(record: RecordSettings) -> dict[str, str | bool]:
    """Return the settings of the record by variable, without empty paths: an empty variable says nothing."""
    said = {option.variable: getattr(record, option.key) for option in of_section("record")}
    return {name: value for name, value in said.items() if value != ""}


def _job(image: ImageSettings, settings: Settings, needs: Mapping[str, Sequence[str]]) -> Job:
    """Return what one of several images adds to what all share."""
    variables = _variables_of(image)
    if settings.pipeline.helper == "none":
        variables["CI_KIT_SUFFIX"] = f"_{variable_suffix(image.name)}"
        pins = [f"{variable_suffix(name)}={word}" for name, words in needs.items() for word in words]
        variables |= {"CI_KIT_PINS": "\n".join(pins)} if pins else {}
    after = tuple(f"{JOB_NAME}:{name}" for name in needs)
    return Job(f"{JOB_NAME}:{image.name}", extends=SHARED_NAME, needs=after, variables=variables)


def _variables_of(image: ImageSettings) -> dict[str, str]:
    said = {
        "CI_KIT_NAME": image.name,
        "CI_KIT_CONTEXT": image.context,
        "CI_KIT_DOCKERFILE": image.dockerfile,
        "CI_KIT_IMAGE": image.image,
        "CI_KIT_TARGET": image.target,
        "CI_KIT_BUILD_ARGS": _pairs(image.build_args),
        "CI_KIT_TAGS": _lines(image.tags),
        "CI_KIT_OVERWRITE_TAGS": "true" if image.overwrite_tags else "",
        "CI_KIT_LABELS": _literal(_pairs(image.labels)),
        "CI_KIT_OCI_ANNOTATIONS": _literal(_pairs(image.oci_annotations)),
        "CI_KIT_ANNOTATION_LEVELS": ",".join(image.annotation_levels),
        "CI_KIT_PLATFORMS": ",".join(image.platforms),
        "CI_KIT_CACHE": image.cache if image.cache != "auto" else "",
        "CI_KIT_CACHE_FROM": _lines(image.cache_from),
        "CI_KIT_CACHE_TO": _lines(image.cache_to),
        "CI_KIT_SECRETS": _lines(image.secrets),
        "CI_KIT_SSH": _lines(image.ssh),
    }
    return {name: value for name, value in said.items() if value}


def _lines(said: Sequence[Placed]) -> str:
    return _literal("\n".join(line.text for line in said))


def _pairs(said: Mapping[str, str]) -> str:
    return "\n".join(f"{key}={value}" for key, value in said.items())


def _literal(text: str) -> str:
    """Return `text` so that GitLab leaves the variables in it to ci-kit: `$A == "b"` is no condition once `$A` is gone.

    Source: GitLab docs "CI/CD variables", "Use the $ character in CI/CD variables".
    """
    return text.replace("$", "$$")
