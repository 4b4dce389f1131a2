"""BuildKit of its own, without a daemon that stays: `buildctl-daemonless.sh`, as root or not.

Sources: moby/buildkit docs "rootless", "buildctl" and `examples/buildctl-daemonless`; GitLab docs "Build Docker images
with BuildKit".
"""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ci_kit.build import causes
from ci_kit.build.inputs import dockerignore
from ci_kit.build.machine import namespaces
from ci_kit.build.machine.command import Ended, run
from ci_kit.build.machine.lack import Lack
from ci_kit.build.options import baked_arguments, proxies
from ci_kit.build.options.buildkit import BuildKit
from ci_kit.build.programs import buildctl_options, buildkitd
from ci_kit.build.programs.program_options import ProgramOptions
from ci_kit.build.workshop import Workshop
from ci_kit.errors import NotPushedError
from ci_kit.model.builder import Output
from ci_kit.model.plan import BuildPlan

_PROGRAM = "buildctl-daemonless.sh"
# Without rights of its own it cannot make /proc for a step: the steps see the processes of the job.
_ROOTLESS = "--oci-worker-no-process-sandbox"


class Buildkit:
    """Needs buildctl, buildkitd and, for a user that is not root, rootlesskit.

    A build fills the cache of BuildKit; the push asks for the same build again, which then costs no step. Each starts
    a buildkitd, of which a user can have one at a time.
    """

    name = "buildkit"

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    @staticmethod
    def missing(environ: Mapping[str, str], buildkit: BuildKit) -> Sequence[Lack]:
        """Return what this builder lacks here, empty when it can work."""
        programs = (_PROGRAM, "buildctl", "buildkitd", *(() if os.geteuid() == 0 else ("rootlesskit",)))
        absent = [name for name in programs if shutil.which(name, path=environ.get("PATH")) is None]
        if absent:
            return (Lack(f"there is no {' and no '.join(absent)}", "use an image like moby/buildkit:rootless"),)
        return namespaces.missing()

    def prepare(self) -> None:
        """Begin nothing: what is started here is quick, and would have to be ended."""

    def build(self, plan: BuildPlan, output: Output) -> None:
        """Build `plan.image` into the cache; values of build args travel in a copy of the Dockerfile."""
        told = buildctl_options.of(plan, self.workshop)
        ended = self._run(plan, told, told.once, output)
        if ended.code != 0:
            raise causes.of_build(ended.reason, plan.name)

    def push(self, plan: BuildPlan, output: Output, stuck: Callable[[], None]) -> str:
        """Push `plan.image` from the cache and return the digest that BuildKit tells."""
        metadata = self.workshop.new_file("metadata.json")
        outcome = (f"--output={buildctl_options.image(plan)}", f"--metadata-file={metadata}")
        ended = self._run(plan, buildctl_options.of(plan, self.workshop), outcome, output)
        if ended.code != 0:
            raise causes.of_push(ended.reason, str(plan.image))
        try:
            return str(json.loads(metadata.read_text(encoding="utf-8"))["containerimage.digest"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NotPushedError(f"{plan.image}: buildctl told no digest", hint="which version is it?") from error

    def _run(self, plan: BuildPlan, told: ProgramOptions, outcome: Sequence[str], output: Output) -> Ended:
        daemon = self.workshop.once(_daemon)
        folder = _dockerfile(plan, self.workshop.new_file("Dockerfile"), output)
        words = [_PROGRAM, "build", "--progress=plain", "--frontend=dockerfile.v0", *told.arguments]
        words += ["--local", f"context={plan.context}", "--local", f"dockerfile={folder}", *outcome]
        with daemon.lock:
            return run(words, {**daemon.environ, **told.variables}, output)


class _Daemon(NamedTuple):
    """The variables with which buildkitd is started, and who may have one now."""

    environ: Mapping[str, str]
    lock: threading.Lock


@contextmanager
def _daemon(shop: Workshop) -> Iterator[_Daemon]:
    flags = [shop.environ.get("BUILDKITD_FLAGS") or ("" if os.geteuid() == 0 else _ROOTLESS)]
    flags += [f"--config={file}" for file in buildkitd.written(shop)]
    run_folder = shop.environ.get("XDG_RUNTIME_DIR") or str(shop.folder)
    environ = {**shop.environ, "BUILDKITD_FLAGS": " ".join(filter(None, flags)), "XDG_RUNTIME_DIR": run_folder}
    yield _Daemon(environ, threading.Lock())


def _dockerfile(plan: BuildPlan, file: Path, output: Output) -> Path:
    """Write the Dockerfile with the values of its arguments, readable to us alone; return the folder it is in."""
    text = Path(plan.dockerfile).read_bytes().decode("utf-8", "surrogateescape")
    for name in baked_arguments.unknown(text, plan.build_args):
        if proxies.is_one(name):
            continue
        output(f"{plan.name}: no ARG of the Dockerfile takes the build arg {name}")
    file.touch(0o600)
    file.write_bytes(baked_arguments.baked(text, plan.build_args).encode("utf-8", "surrogateescape"))
    ignored = dockerignore.read(Path(plan.context), Path(plan.dockerfile)).path
    if ignored:
        shutil.copyfile(ignored, f"{file}{dockerignore.NAME}")
    return file.parent
