"""The same jobs as CI/CD components: where the generator writes a value, a component takes an input.

Source: GitLab docs "CI/CD components", "Define inputs for configuration added with include".
"""

from dataclasses import dataclass, replace

from ci_kit.config.option import IMAGES, Option
from ci_kit.config.options import OPTIONS, of_section
from ci_kit.config.settings import ImageSettings, PipelineSettings, RecordSettings, Settings
from ci_kit.errors import GitLabError
from ci_kit.pipeline import native, without_daemon
from ci_kit.pipeline.jobs import (
    DAEMON,
    DOCKER_VERSION,
    INSTALL,
    JOB_NAME,
    RETRY,
    RULES,
    TIMEOUT,
    artifacts,
    client_image,
    dind,
    pipeline,
    script_of,
)
from ci_kit.pipeline.model import Input, Job, Pipeline
from ci_kit.version import VERSION

_OPTIONS = {(option.section, option.key): option for option in OPTIONS}
_DESCRIPTIONS = {
    "context": "Directory that is sent to the build, relative to the project's root. Default: the root.",
    "labels": "Labels of the image, over those that ci-kit sets itself, one key=value a line; write $$ for a dollar.",
    "annotation_levels": "Where annotations stand that name no level, with commas between: manifest, index, "
    "manifest-descriptor, index-descriptor.",
    "buildkit": "The BuildKit for buildx, somewhere else: tcp://host:port?cacert=…&cert=…&key=… or "
    "kubernetes://namespace/name; write $$ for a dollar.",
    "cache_from": "Caches to read instead of those of the branches, one a line.",
    "cache_to": "Caches to write instead of the branch's, one a line.",
    "oci_annotations": "OCI annotations, over those that ci-kit sets itself, one key=value a line; $$ is a dollar.",
    "platforms": "Platforms to build for, with commas between. Default: the builder's own.",
    "scan": "What must find nothing in the image before its other tags are set: trivy, grype, auto for the one that is "
    "there, or a command that gets the image in $CI_KIT_IMAGE_REF; write $$ for its dollar.",
    "secrets": "Secrets of the build, one id=NAME,env=VARIABLE or id=NAME,src=path a line.",
    "ssh": "What RUN --mount=type=ssh may use, one a line: default is the job's agent, id=NAME,env=VARIABLE a key.",
    "tags": "Rules for the tags, one a line; write $$ for a dollar. Default: the commit's SHA, then its ref.",
    "registry_mirror": "Address of a mirror of Docker Hub: what builds asks it first, and so does ci-kit for the "
    "digests of base images.",
    "docker_version": "Version of the Docker daemon, a tag of docker:…-dind.",
    "name": "Name of the image in the outputs; selects one of several in .ci-kit.yml.",
    "stage": "Stage of the job.",
}
_VERSION = r"[0-9]+(\.[0-9]+)*([a-z0-9.+-]*)"
NAME = "build-push"
NAME_WITHOUT_DAEMON = "build-push-daemonless"
NAME_BY_PLATFORM = "build-push-platforms"
NAMES = (NAME, NAME_WITHOUT_DAEMON, NAME_BY_PLATFORM)
_RUNNERS = {"linux/amd64": "amd64_runner_tags", "linux/arm64": "arm64_runner_tags"}
_ARM_RUNNER = "saas-linux-small-arm64"  # GitLab docs "Hosted runners on Linux"


@dataclass(frozen=True, slots=True)
class Component:
    """A template: its inputs, and the pipeline whose values are references to them."""

    inputs: tuple[Input, ...]
    pipeline: Pipeline


def component(name: str = NAME) -> Component:
    """Return the component of that name, one of NAMES; its inputs have the rules of the settings they stand for."""
    return {NAME: _beside_daemon, NAME_WITHOUT_DAEMON: _without_daemon, NAME_BY_PLATFORM: _by_platform}[name]()


def _beside_daemon() -> Component:
    inputs = _inputs(*_of_daemon())
    given = {each.name: each.reference for each in inputs}
    job = replace(_job(given, INSTALL), services=(dind(given["docker_version"]),))
    return Component(inputs, Pipeline((replace(job, variables={**DAEMON, **job.variables}),)))


def _of_daemon() -> tuple[Input, ...]:
    return (
        _input("pipeline", "builder", PipelineSettings().builder),
        _input("pipeline", "docker_version", DOCKER_VERSION),
        Input(
            "helper_image",
            "Image of the job, with the docker command line; when ci-kit is in it too, nothing is installed.",
            client_image(DOCKER_VERSION),
        ),
    )


def _by_platform() -> Component:
    """Return the jobs that the generator writes for two native platforms: an input cannot make a third job."""
    inputs = tuple(each for each in _inputs(*_of_daemon(), *_of_runners()) if each.name != "platforms")
    given = {each.name: each.reference for each in inputs}
    how = PipelineSettings(docker_version=given["docker_version"], native=dict.fromkeys(_RUNNERS, ()))
    shared, *children, whole = pipeline(Settings((ImageSettings(given["name"]),), how)).jobs
    said = _variables(given)
    found = (
        _taking(given, shared, said),
        *(_child(given, each) for each in children),
        _taking(given, whole, native.without_builds(said)),
    )
    return Component(inputs, Pipeline(tuple(_renamed(job, given["job_name"]) for job in found)))


def _of_runners() -> tuple[Input, ...]:
    defaults = {"linux/arm64": [_ARM_RUNNER]}
    return tuple(
        Input(name, f"Tags of the runners that build for {platform}.", defaults.get(platform, []), kind="array")
        for platform, name in _RUNNERS.items()
    )


def _taking(given: dict[str, str], job: Job, said: dict[str, str]) -> Job:
    """Return a generated job that takes the inputs; its list of files is a pattern, as elsewhere."""
    return replace(
        job,
        stage=given["stage"],
        image=given["helper_image"],
        tags=given["runner_tags"],
        variables={**job.variables, **said},
        artifacts=replace(job.artifacts, paths=("ci-kit-*.json", *job.artifacts.paths[1:])),
    )


def _child(given: dict[str, str], job: Job) -> Job:
    """Return the job of one platform with nothing of its own but that platform and its runners."""
    own = {name: job.variables[name] for name in ("CI_KIT_PLATFORMS", "CI_KIT_PLATFORM_SLUG")}
    return replace(job, variables=own, tags=given[_RUNNERS[own["CI_KIT_PLATFORMS"]]])


def _renamed(job: Job, name: str) -> Job:
    """Return the job with `name` for the generator's; jobs of two includes must not have one name."""
    needs = tuple(each.replace(JOB_NAME, name) for each in job.needs)
    return replace(job, name=job.name.replace(JOB_NAME, name), extends=job.extends.replace(JOB_NAME, name), needs=needs)


def _without_daemon() -> Component:
    builder = replace(
        _input("pipeline", "builder", "buildah"),
        description="What builds the image (docs/builders.md): buildkit and buildx need a helper_image with them, "
        "buildx also the input buildkit; auto takes what can work.",
        options=("buildah", "buildkit", "buildx", "auto"),
    )
    inputs = _inputs(
        builder,
        _input_that_may_be_empty(_OPTIONS["pipeline", "buildkit"]),
        _input_that_may_be_empty(_OPTIONS["pipeline", "registry_mirror"]),
        Input(
            "helper_image",
            "Image of the job: Debian, to install buildah and ci-kit in it, or one that has ci-kit and a builder.",
            without_daemon.DEBIAN,
        ),
    )
    given = {each.name: each.reference for each in inputs}
    return Component(inputs, Pipeline((_job(given, without_daemon.INSTALL),)))


def _inputs(*own: Input) -> tuple[Input, ...]:
    """Return the inputs of a component, `own` among those that all have."""
    return (
        Input("job_name", "Name of the job; give one to each include when there are several.", JOB_NAME),
        _input("pipeline", "stage", PipelineSettings().stage),
        _input(IMAGES, "name", ""),
        _input(IMAGES, "context", ""),
        _input(IMAGES, "dockerfile", ""),
        _input(IMAGES, "image", ""),
        _input(IMAGES, "target", ""),
        Input("build_args", "Build arguments, one KEY=value a line.", ""),
        _input(IMAGES, "tags", ""),
        Input("overwrite_tags", _OPTIONS[IMAGES, "overwrite_tags"].help, "", options=("", "true")),
        _input(IMAGES, "labels", ""),
        _input(IMAGES, "oci_annotations", ""),
        _input(IMAGES, "annotation_levels", ""),
        _input(IMAGES, "platforms", ""),
        _input_that_may_be_empty(_OPTIONS[IMAGES, "cache"]),
        _input(IMAGES, "cache_from", ""),
        _input(IMAGES, "cache_to", ""),
        _input(IMAGES, "secrets", ""),
        _input(IMAGES, "ssh", ""),
        *(_input_that_may_be_empty(option) for option in of_section("supply_chain")),
        _input_that_may_be_empty(_OPTIONS["record", "environment"]),
        *own,
        Input("version", "Version of ci-kit to install.", VERSION, pattern=f"^{_VERSION}$"),
        Input("runner_tags", _OPTIONS["pipeline", "runner_tags"].help, [], kind="array"),
    )


def _job(given: dict[str, str], install: str) -> Job:
    """Return the job without a daemon; `given` has the reference to each input, `install` brings ci-kit."""
    record = RecordSettings()
    return Job(
        given["job_name"],
        stage=given["stage"],
        image=given["helper_image"],
        tags=given["runner_tags"],
        variables=_variables(given),
        rules=RULES,
        timeout=TIMEOUT,
        retry=RETRY,
        forgiven=GitLabError.exit_code,
        script=script_of("pip", install),
        # A pattern, because a path without a file would be a warning in every job.
        artifacts=replace(artifacts(record), paths=("ci-kit-*.json", record.report)),
    )


def _variables(given: dict[str, str]) -> dict[str, str]:
    """Return the variables of the job; an empty one counts as not given."""
    names = {"CI_KIT_BUILDER": "builder", "CI_KIT_VERSION": "version"}
    images = {option.variable: option.key for option in of_section(IMAGES) if option.variable and option.key in given}
    others = (
        *of_section("supply_chain"),
        _OPTIONS["record", "environment"],
        _OPTIONS["pipeline", "buildkit"],
        _OPTIONS["pipeline", "registry_mirror"],
    )
    images |= {option.variable: option.key for option in others if option.key in given}
    return {variable: given[name] for variable, name in {**names, **images}.items()}


def _input(section: str, key: str, default: str) -> Input:
    option = _OPTIONS[section, key]
    return Input(
        key,
        _plain(_DESCRIPTIONS.get(key, option.help)),
        default,
        options=option.choices,
        pattern=_pattern(option),
    )


def _input_that_may_be_empty(option: Option) -> Input:
    """Return the input of an option whose default is that of .ci-kit.yml: a value would win over the file."""
    options = ("", *option.choices) if option.choices else ()
    pattern = f"^({option.pattern})?$" if option.pattern and not options else ""
    return Input(option.key, _plain(_DESCRIPTIONS.get(option.key, option.help)), "", options=options, pattern=pattern)


def _plain(text: str) -> str:
    return text.replace("`", "")


def _pattern(option: Option) -> str:
    """Return the rule as GitLab's RE2 takes it; an empty value always passes where it is the default."""
    if option.kind == "texts" and option.pattern:
        return f"^(({option.pattern})(,({option.pattern}))*)?$"
    if not option.pattern or option.kind in ("lines", "map"):
        return ""
    return f"^({option.pattern})?$" if option.section == IMAGES else f"^{option.pattern}$"
