"""BuildKit in the daemon, through `docker buildx build`; the push is the daemon's."""

import os
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ci_kit.build import causes
from ci_kit.build.labels import EPOCH
from ci_kit.build.workshop import Lack, Workshop
from ci_kit.errors import BuildError
from ci_kit.model.builder import Output
from ci_kit.model.plan import BuildPlan
from ci_kit.registry.credentials import docker_config

_LAST_LINES = 30
# Source: docker/cli `cli-plugins/manager/manager_unix.go`. Asking docker itself takes 0.15 s.
_PLUGIN_FOLDERS = tuple(
    Path(folder, "docker", "cli-plugins")
    for folder in ("/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec")
)


@dataclass(frozen=True, slots=True)
class Buildx:
    """Needs the docker CLI with its buildx plugin beside the daemon."""

    workshop: Workshop
    name = "buildx"

    @staticmethod
    def missing(environ: Mapping[str, str]) -> Sequence[Lack]:
        """Return what this builder lacks here, empty when it can work."""
        if shutil.which("docker", path=environ.get("PATH")) is None:
            return (Lack("there is no docker command", "use an image that has it, like docker:cli"),)
        folders = (docker_config(environ) / "cli-plugins", *_PLUGIN_FOLDERS)
        if not any(os.access(folder / "docker-buildx", os.X_OK) for folder in folders):
            return (Lack("the docker command has no buildx plugin", "install docker-buildx beside it"),)
        return ()

    def build(self, plan: BuildPlan, output: Output) -> None:
        """Build `plan.image` and load it into the daemon; values of build args travel in the environment."""
        _refuse_own_names(plan)
        self.workshop.engine()  # docker itself does not wait for a daemon that starts
        environ = {**self.workshop.environ, **_arguments(plan), "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
        last: deque[str] = deque(maxlen=_LAST_LINES)
        with _started(_command(plan), environ, plan.name) as process:
            try:
                for line in process.stdout or ():
                    last.append(line.rstrip())
                    output(line.rstrip())
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            raise causes.of_build(_reason(last), plan.name)

    def push(self, plan: BuildPlan, output: Output, stuck: Callable[[], None]) -> str:
        """Push `plan.image` from the daemon and return the digest it reports."""
        login = self.workshop.logins[plan.image.registry]
        return self.workshop.engine().push(plan.image, login, output, stuck)


def _refuse_own_names(plan: BuildPlan) -> None:
    """Refuse build args that, as variables, would change the docker command itself."""
    for name in plan.build_args:
        if name in ("PATH", "HOME") or name.startswith(("DOCKER_", "BUILDX_", "LD_")):
            raise BuildError(
                f"{plan.name}: the build arg {name} would change docker itself",
                hint="rename it, or use --builder docker",
            )


def _arguments(plan: BuildPlan) -> dict[str, str]:
    """Return the build args; BuildKit gives the image and its history the date in SOURCE_DATE_EPOCH."""
    date = {} if plan.epoch is None else {EPOCH: str(plan.epoch)}
    return {**date, **plan.build_args}


def _command(plan: BuildPlan) -> list[str]:
    options = [f"--tag={plan.image}", f"--file={plan.dockerfile}", "--load", "--progress=plain"]
    if plan.target:
        options.append(f"--target={plan.target}")
    options += [f"--label={name}={value}" for name, value in plan.labels.items()]
    for name in _arguments(plan):
        options += ["--build-arg", name]
    return ["docker", "buildx", "build", *options, plan.context]


def _started(command: list[str], environ: Mapping[str, str], name: str) -> "subprocess.Popen[str]":
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=dict(environ),
        )
    except (OSError, ValueError) as error:  # ValueError: a zero byte, or a name that cannot be a variable's
        reason = getattr(error, "strerror", None) or str(error)
        raise BuildError(f"{name}: docker buildx does not start: {reason}", hint="use --builder docker") from error


def _reason(lines: deque[str]) -> str:
    """Return the last line that says what went wrong, without BuildKit's own prefix."""
    said = [line for line in lines if line.strip()]
    wrong = [line for line in said if line.startswith(("ERROR", "error:")) or "ERROR:" in line]
    return (wrong or said or ["docker buildx said nothing"])[-1].removeprefix("ERROR: ")
