"""BuildKit through `docker buildx build`: the daemon's own, one beside it, or one of a fleet."""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ci_kit.build import causes
from ci_kit.build.machine import daemon_named
from ci_kit.build.machine.command import Ended, arguments, run
from ci_kit.build.machine.lack import Lack
from ci_kit.build.options import attestations, one_platform
from ci_kit.build.options.buildkit import BuildKit
from ci_kit.build.programs import buildx_instance, buildx_options
from ci_kit.build.programs.buildx_instance import Instance
from ci_kit.build.programs.program_options import ProgramOptions
from ci_kit.build.workshop import Workshop
from ci_kit.errors import NotPushedError
from ci_kit.model.builder import Output
from ci_kit.model.plan import BuildPlan
from ci_kit.registry.credentials import docker_config

_NOWHERE = ("--output=type=cacheonly",)
_OTHER_STORE = 'give the daemon the containerd store ("features": {"containerd-snapshotter": true} in daemon.json)'
_OWN_NAMES = "(DOCKER|BUILDX)_.*"
# Source: docker/cli `cli-plugins/manager/manager_unix.go`. Asking docker itself takes 0.15 s.
_PLUGIN_FOLDERS = tuple(
    Path(folder, "docker", "cli-plugins")
    for folder in ("/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec")
)


class Buildx:
    """Needs the docker CLI with its buildx plugin, and a BuildKit: mostly that of the daemon.

    What the daemon has built it keeps and pushes. Any other BuildKit keeps only its cache: it pushes when the same
    build is asked for again, which then costs no step.
    """

    name = "buildx"

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    @staticmethod
    def missing(environ: Mapping[str, str], buildkit: BuildKit) -> Sequence[Lack]:
        """Return what this builder lacks here, empty when it can work."""
        if shutil.which("docker", path=environ.get("PATH")) is None:
            return (Lack("there is no docker command", "use an image that has it, like docker:cli"),)
        folders = (docker_config(environ) / "cli-plugins", *_PLUGIN_FOLDERS)
        if not any(os.access(folder / "docker-buildx", os.X_OK) for folder in folders):
            return (Lack("the docker command has no buildx plugin", "install docker-buildx beside it"),)
        return daemon_named.missing(environ) if buildkit.needs_daemon else ()

    def prepare(self) -> None:
        """Begin to wait for the daemon where there is to be one."""
        if self.workshop.buildkit.needs_daemon:
            self.workshop.expect_engine()

    def build(self, plan: BuildPlan, output: Output) -> None:
        """Build `plan.image`; values of build args travel in the environment."""
        instance = self.workshop.once(buildx_instance.opened)
        all_of_it = self._stores_all(plan, instance)
        if not all_of_it:
            one_platform.require(plan, "the image store of this daemon", _OTHER_STORE)
            attestations.refuse(plan, "the image store of this daemon", _OTHER_STORE)
        told = buildx_options.of(plan, self.workshop, stores_all=all_of_it)
        if instance.loads:
            self.workshop.engine().expect_push()
        kept = buildx_options.image(plan, push=False, stores_all=all_of_it) if instance.loads else _NOWHERE
        ended = _run(plan, instance, told, (*kept, *told.once), output)
        if ended.code != 0:
            raise causes.of_build(ended.reason, plan.name)

    def push(self, plan: BuildPlan, output: Output, stuck: Callable[[], None]) -> str:
        """Push `plan.image` from the daemon, or from the cache of BuildKit, and return the digest that is told."""
        instance = self.workshop.once(buildx_instance.opened)
        if instance.loads:
            login = self.workshop.logins[plan.image.registry]
            return self.workshop.engine().push(plan.image, login, output, stuck)
        metadata = self.workshop.new_file("metadata.json")
        pushed = buildx_options.image(plan, push=True, stores_all=True)
        told = buildx_options.of(plan, self.workshop, stores_all=True)
        ended = _run(plan, instance, told, (*pushed, f"--metadata-file={metadata}"), output)
        if ended.code != 0:
            raise causes.of_push(ended.reason, str(plan.image))
        return _digest(metadata, plan)

    def _stores_all(self, plan: BuildPlan, instance: Instance) -> bool:
        """Tell whether the image may have several platforms, annotations and a cache in the registry.

        The daemon is only asked when the plan depends on it.
        """
        if not instance.loads:
            return True
        return buildx_options.asks_store(plan) and self.workshop.engine().has_containerd_store


def _run(plan: BuildPlan, instance: Instance, told: ProgramOptions, outcome: Sequence[str], output: Output) -> Ended:
    values = arguments(plan, _OWN_NAMES, "docker")
    environ = {**instance.environ, **told.variables, **values, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    names = [f"--tag={plan.image}", f"--file={plan.dockerfile}"]
    options = [*names, *outcome, "--progress=plain", *_options(plan), *told.arguments]
    for name in values:
        options += ["--build-arg", name]
    return run(["docker", "buildx", "build", *instance.options, *options, plan.context], environ, output)


def _options(plan: BuildPlan) -> list[str]:
    """Return what the plan says, but for the build args."""
    options = [f"--target={plan.target}"] if plan.target else []
    options += [f"--build-context={word}=docker-image://{pin}" for word, pin in plan.pins.items()]
    options += [f"--attest={attestation}" for attestation in plan.attestations]
    return options + [f"--label={name}={value}" for name, value in plan.labels.items()]


def _digest(told: Path, plan: BuildPlan) -> str:
    try:
        return str(json.loads(told.read_text(encoding="utf-8"))["containerimage.digest"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotPushedError(
            f"{plan.image}: buildx ended the push without a digest", hint="which version of buildx is it?"
        ) from error
