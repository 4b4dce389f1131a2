"""Programs of other Debian releases, unpacked beside the rig's own tree: for what has to work with all of them.

Each is made once, when a test first asks for it, and kept in the cache: a rig starts without them.
"""

from __future__ import annotations

import functools
import os
import platform
import shutil
from pathlib import Path

from tests.rig import cache, rootfs
from tests.rig.process import run

# Docker of the release before and after the rig's own, and the buildah of the release before.
PACKAGES = {
    "bookworm": "docker.io containerd runc libdevmapper1.02.1 buildah",
    "sid": "docker.io docker-cli docker-buildx containerd",  # runc 1.3 cannot start itself on every machine
}
PROGRAMS = (
    *("dockerd", "docker-proxy", "docker-init", "containerd", "containerd-shim-runc-v2", "runc", "docker"),
    *("docker-buildx", "libdevmapper.so.1.02.1", "buildah"),
)
FOLDERS = ("usr/bin", "usr/sbin", "sbin", "usr/libexec/docker/cli-plugins", "lib/*-linux-gnu", "usr/lib/*-linux-gnu")
# buildah of the rig's own release with all that it calls; what signs images is never called here.
BUILDAH = "buildah netavark uidmap libdevmapper1.02.1"
UNWANTED = ("dirmngr", "gnupg", "gpg", "pinentry", "libksba", "libnpth", "containernetworking")


def inputs() -> str:
    """The cache key of all that is unpacked here."""
    return cache.digest(rootfs.inputs(), Path(__file__).read_bytes(), platform.machine())


def programs(suite: str) -> Path:
    """The folder with the PROGRAMS of a Debian release, as far as its packages have them.

    Raises:
        RigError: a package cannot be downloaded.
    """
    store = cache.folder(os.environ)
    return cache.entry(store, f"programs-{suite}", inputs(), functools.partial(make_programs, suite))


def make_programs(suite: str, folder: Path) -> None:
    """Fill `folder` with the programs of `suite`, without what they depend on."""
    scratch = folder / "apt"
    options = rootfs.isolated_apt(scratch, suite)
    run(["apt-get", *options, "update"])
    run(["apt-get", *options, "download", *PACKAGES[suite].split()], cwd=scratch)
    for package in scratch.glob("*.deb"):
        run(["dpkg-deb", "--extract", package, scratch / "tree"])
    for name in PROGRAMS:
        for found in (path for where in FOLDERS for path in (scratch / "tree").glob(f"{where}/{name}")):
            shutil.copy2(found, folder / name)
            break
    shutil.rmtree(scratch)


def buildah() -> Path:
    """The tree that buildah adds to the images' own.

    Raises:
        RigError: a package cannot be downloaded.
    """
    return cache.entry(cache.folder(os.environ), "buildah", inputs(), make_buildah)


def make_buildah(folder: Path) -> None:
    """Fill `folder` with buildah and what the images lack for it."""
    scratch = folder / "apt"
    options = rootfs.isolated_apt(scratch, rootfs.SUITE)
    run(["apt-get", *options, "update"])
    own = names(options, rootfs.JOB_PACKAGES)
    more = sorted(name for name in names(options, f"{rootfs.JOB_PACKAGES} {BUILDAH}") - own if wanted(name))
    run(["apt-get", *options, "download", *more], cwd=scratch)
    rootfs.unpack(sorted(scratch.glob("*.deb")), folder)
    shutil.rmtree(scratch)


def names(options: list[str], packages: str) -> set[str]:
    """The names of `packages` and of all they depend on; nothing is downloaded."""
    lines = run(["apt-get", *options, "-y", "--print-uris", "install", *packages.split()]).splitlines()
    return {line.split()[1].partition("_")[0] for line in lines if line.startswith("'")}


def wanted(package: str) -> bool:
    """Whether what runs here needs the package."""
    return not package.startswith((*rootfs.UNWANTED, *UNWANTED))
