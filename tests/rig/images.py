"""The images of the rig, made from the unpacked Debian tree: no registry is asked for any of them."""

from __future__ import annotations

import functools
import gzip
import io
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from tests.rig import cache, rootfs
from tests.rig.process import RigError, die_with_parent, run

FILES = Path(__file__).parent / "files"
RUNNER_WAIT = "rig/wait:latest"
RUNNER_HELPER = "rig/helper:latest"
SERVICES = "rig/services:latest"
BUSYBOX = "busybox:1.36"
# Our own name of each image -> the names under which jobs and the rig look for it.
NAMES = {
    "ci-kit-rig/docker:cli": ("docker:latest", "docker:cli", "docker:28.5.2-cli"),
    "ci-kit-rig/docker:dind": ("docker:dind", "docker:28.5.2-dind"),
    "ci-kit-rig/services": (SERVICES,),
    "ci-kit-rig/wait": (RUNNER_WAIT,),
    "ci-kit-rig/helper": (RUNNER_HELPER,),
    "ci-kit-rig/busybox:1.36": (BUSYBOX,),
}
LABEL = "ci-kit-rig.image"
ARCHIVE = "images.tar"
BUSYBOX_LAYER = "busybox.tar.gz"


def inputs() -> str:
    """The cache key of the images: the tree's key, this file and all that is copied in."""
    return cache.digest(rootfs.inputs(), *(path.read_bytes() for path in [Path(__file__), *sorted(FILES.iterdir())]))


def load(docker: Sequence[str], store: Path, tree: Path) -> Path:
    """Bring all images into the daemon of `docker` and return the cache folder with their files.

    They are made when the cache has none. A name that somebody else's image has is left to it.

    Raises:
        RigError: an image cannot be made or loaded.
    """
    folder = cache.entry(store, "images", inputs(), functools.partial(make, docker, tree))
    if marker() not in present(docker):
        run([*docker, "load", "--quiet", "--input", folder / ARCHIVE])
    foreign = present(docker) - present(docker, "--filter", f"label={LABEL}")
    for own, names in NAMES.items():
        for name in names:
            if name not in foreign:
                run([*docker, "tag", own, name])
    return folder


def marker() -> str:
    """The name that tells these images from those of other inputs under the same names."""
    return f"ci-kit-rig/services:{inputs()}"


def present(docker: Sequence[str], *filters: str) -> set[str]:
    """The names of the images in the daemon of `docker`."""
    return set(run([*docker, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", *filters]).split())


def make(docker: Sequence[str], tree: Path, folder: Path) -> None:
    """Make every image with the daemon of `docker` and save them and the layer of busybox in `folder`."""
    context = folder / "context"
    shutil.copytree(FILES, context)
    pack(tree / "services", context / "services.tar")
    busybox(tree / "services/usr/bin/busybox", folder / BUSYBOX_LAYER)
    import_tree(docker, tree / "job", "ci-kit-rig/base")
    for name in ("docker:cli", "docker:dind", "services", "wait", "helper"):
        build(docker, context, name)
    changes = ["--change", 'CMD ["sh"]', "--change", f"LABEL {LABEL}=1"]
    run([*docker, "import", *changes, folder / BUSYBOX_LAYER, "ci-kit-rig/busybox:1.36"])
    run([*docker, "tag", "ci-kit-rig/services", marker()])
    run([*docker, "save", "--output", folder / ARCHIVE, *NAMES, marker()])
    shutil.rmtree(context)


def build(docker: Sequence[str], context: Path, name: str) -> None:
    """Build ci-kit-rig/`name` from its Dockerfile; the classic builder asks no registry for a frontend."""
    file = context / f"Dockerfile.{name.rpartition(':')[2]}"
    environ = {"DOCKER_BUILDKIT": "0"}
    run([*docker, "build", "--quiet", "--tag", f"ci-kit-rig/{name}", "--file", file, context], environ=environ)


def pack(tree: Path, archive: Path) -> None:
    """Write `tree` as a tar archive owned by root, without the links of the merged /usr, which the base has."""
    links = [f"--exclude=./{name}" for name in rootfs.MERGED]
    run(["tar", "-C", tree, "--owner=0", "--group=0", "--numeric-owner", *links, "-cf", archive, "."])


def import_tree(docker: Sequence[str], tree: Path, name: str) -> None:
    """Make the image `name` with one layer: `tree`, owned by root."""
    packing = ["tar", "-C", str(tree), "--owner=0", "--group=0", "--numeric-owner", "-c", "."]
    changes = ["--change", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    changes += ["--change", f"LABEL {LABEL}=1"]
    with subprocess.Popen(packing, stdout=subprocess.PIPE, preexec_fn=die_with_parent) as reading:
        importing = [*docker, "import", *changes, "-", name]
        done = subprocess.run(
            importing, stdin=reading.stdout, capture_output=True, preexec_fn=die_with_parent, check=False
        )
    if done.returncode or reading.returncode:
        raise RigError(f"docker import {name}: {done.stderr.decode(errors='replace').strip()[-300:]}")


def busybox(program: Path, archive: Path) -> None:
    """Write the layer of the busybox image: the one static program, a link per applet, root and a /tmp."""
    applets = run([program, "--list"]).split()
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for folder, mode in (("bin", 0o755), ("etc", 0o755), ("root", 0o700), ("tmp", 0o1777)):
            add(tar, folder, tarfile.DIRTYPE, mode)
        add(tar, "bin/busybox", tarfile.REGTYPE, 0o755, program.read_bytes())
        add(tar, "etc/passwd", tarfile.REGTYPE, 0o644, b"root:x:0:0:root:/root:/bin/sh\n")
        for applet in applets:
            if applet != "busybox":
                add(tar, f"bin/{applet}", tarfile.SYMTYPE, 0o777, target="busybox")
    archive.write_bytes(gzip.compress(raw.getvalue(), 6, mtime=0))


def add(tar: tarfile.TarFile, name: str, kind: bytes, mode: int, data: bytes = b"", target: str = "") -> None:
    """Add one entry to `tar`, the same bytes at every call."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size, entry.linkname = kind, mode, len(data), target
    tar.addfile(entry, io.BytesIO(data))
