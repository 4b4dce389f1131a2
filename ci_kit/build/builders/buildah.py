"""buildah: builds and pushes by itself, without a daemon, as root or not.

Sources: containers/buildah docs `buildah`, `buildah-build`, `buildah-push`.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from ci_kit.build import causes
from ci_kit.build.machine import left_mounts, namespaces
from ci_kit.build.machine.command import run
from ci_kit.build.machine.lack import Lack
from ci_kit.build.options import attestations, one_platform
from ci_kit.build.options.buildkit import BuildKit
from ci_kit.build.programs import buildah_options
from ci_kit.build.tagging.labels import EPOCH
from ci_kit.build.workshop import Workshop
from ci_kit.errors import NotPushedError
from ci_kit.model.builder import Output
from ci_kit.model.plan import BuildPlan

_REGISTRIES = "/etc/containers/registries.conf"
_FUSE = Path("/dev/fuse")
_OUT_OF_USERS = ("unshare", "rm", "-rf")


class Buildah:
    """Needs the buildah command and the right to make namespaces; its storage lives as long as the run."""

    name = "buildah"

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    @staticmethod
    def missing(environ: Mapping[str, str], buildkit: BuildKit) -> Sequence[Lack]:
        """Return what this builder lacks here, empty when it can work."""
        if shutil.which("buildah", path=environ.get("PATH")) is None:
            return (Lack("there is no buildah command", "use an image that has it"),)
        return namespaces.missing()

    def prepare(self) -> None:
        """Begin nothing: what is started here is quick, and would have to be ended."""

    def build(self, plan: BuildPlan, output: Output) -> None:
        """Build `plan.image` into the storage; values of build args travel in the environment."""
        attestations.refuse(plan, "buildah", "use --builder buildx or buildkit")
        one_platform.require(plan, "buildah in one job", "use --builder buildx")
        storage = self.workshop.once(_storage)
        told = buildah_options.of(plan, self.workshop)
        words = [*storage.command, "build", *storage.isolation, *storage.layers, *told.arguments, plan.context]
        ended = run(words, {**storage.environ, **told.variables}, output)
        if ended.code != 0:
            raise causes.of_build(ended.reason, plan.name)

    def push(self, plan: BuildPlan, output: Output, stuck: Callable[[], None]) -> str:
        """Push `plan.image` from the storage and return the digest that buildah tells."""
        storage = self.workshop.once(_storage)
        told = self.workshop.new_file("digest")
        words = [*storage.command, "push", f"--digestfile={told}", str(plan.image), f"docker://{plan.image}"]
        ended = run(words, storage.environ, output)
        if ended.code != 0:
            raise causes.of_push(ended.reason, str(plan.image))
        try:
            return told.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise NotPushedError(f"{plan.image}: buildah told no digest", hint="which version is it?") from error


class _Storage(NamedTuple):
    """Where the images of a run are: `command` begins every command line, `environ` its variables."""

    command: tuple[str, ...]
    environ: Mapping[str, str]
    isolation: tuple[str, ...]
    layers: tuple[str, ...]


@contextmanager
def _storage(shop: Workshop) -> Iterator[_Storage]:
    """Yield a storage in the private folder; it is removed, whatever users its files are of."""
    folder = shop.folder / "buildah"
    folder.mkdir(mode=0o700)
    made = _made(folder, shop)
    try:
        yield made
    finally:
        left_mounts.undo(folder)
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            run(["buildah", *_OUT_OF_USERS, str(folder)], shop.environ, lambda line: None)


def _made(folder: Path, shop: Workshop) -> _Storage:
    driver = _driver(folder, shop)
    for name in ("tmp", "run"):
        (folder / name).mkdir()
    environ = {
        **{name: value for name, value in shop.environ.items() if name != EPOCH},  # said by --timestamp
        "REGISTRY_AUTH_FILE": str(shop.folder / "config.json"),
        "TMPDIR": str(folder / "tmp"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
    }
    environ |= _registries(folder, shop)
    command = ["buildah", f"--root={folder}/root", f"--runroot={folder}/run", *driver]
    # The only isolation that needs nothing of the machine but namespaces; it knows no network but the job's own.
    isolation = () if environ.get("BUILDAH_ISOLATION") else ("--isolation=chroot", "--network=host")
    # Without overlay each layer is a copy of all files below it: then the instructions make one layer together.
    layers = "--layers" if "--storage-driver=overlay" in driver else "--layers=false"
    return _Storage(tuple(command), environ, isolation, (layers,))


def _registries(folder: Path, shop: Workshop) -> dict[str, str]:
    """Return the variable that leads buildah to the machine's own registries.conf with the mirror of Docker Hub added.

    A machine that has a mirror of Docker Hub of its own keeps it.
    """
    own = Path(shop.environ.get("CONTAINERS_REGISTRIES_CONF") or _REGISTRIES)
    text = own.read_text(encoding="utf-8", errors="replace") if own.is_file() else ""
    if not shop.mirror or "docker.io" in text:
        return {}
    url = urlsplit(shop.mirror)
    place = json.dumps(url.netloc + url.path.rstrip("/"))
    mirror = f"[[registry.mirror]]\nlocation = {place}\ninsecure = {json.dumps(url.scheme == 'http')}\n"
    (folder / "registries.conf").write_text(f'{text}\n[[registry]]\nlocation = "docker.io"\n{mirror}', encoding="utf-8")
    return {"CONTAINERS_REGISTRIES_CONF": str(folder / "registries.conf")}


def _driver(folder: Path, shop: Workshop) -> tuple[str, ...]:
    """Return the options for the best storage driver that works on the file system of `folder`."""
    asked = shop.environ.get("STORAGE_DRIVER")
    if asked:
        return (f"--storage-driver={asked}",)
    if namespaces.tried(folder).overlay:
        return ("--storage-driver=overlay",)
    fuse = shutil.which("fuse-overlayfs", path=shop.environ.get("PATH"))
    if fuse and os.access(_FUSE, os.R_OK | os.W_OK):
        return ("--storage-driver=overlay", f"--storage-opt=overlay.mount_program={fuse}")
    shop.output("buildah: copies files instead of layers (vfs): no overlay on this file system, and no /dev/fuse")
    return ("--storage-driver=vfs",)
