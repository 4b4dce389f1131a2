"""A Debian tree without a registry, root or debootstrap: packages by an isolated apt, unpacked in parallel.

The tree has two uses. It is what the images are imported from, and in root mode its /usr is what the private daemon
runs from, so the machine needs no Docker package and is not changed. Maintainer scripts do not run; `finish` does
what the images need of them.
"""

from __future__ import annotations

import functools
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.rig import cache
from tests.rig.process import RigError, run

SUITE = "trixie"
# What docker:cli and docker:dind hold: the client, the daemon, and what a job that uses ci-kit installs with apk.
JOB_PACKAGES = (
    "base-files base-passwd dash coreutils findutils grep sed gawk tar gzip xz-utils hostname util-linux mount procps "
    "iproute2 iptables kmod openssl ca-certificates netbase libc-bin docker.io docker-cli docker-buildx git curl "
    "python3 python3-pip python3-venv"
)
# What the rig's own containers and its host side need besides.
SERVICE_PACKAGES = "bash rsync nginx docker-registry apache2-utils python3-cryptography python3-bcrypt busybox-static"
# Pulled in by dependencies and never called here: Perl is 50 MB for git's rare commands.
UNWANTED = ("perl", "libperl", "git-man", "libgprofng", "sysvinit", "dpkg_", "passwd_", "libdb5")
LEFT_OUT = (
    "doc",
    "man",
    "locale",
    "info",
    "lintian",
    "bash-completion",
    "zsh",
    "fish",
    "bug",
    "gitweb",
    "perl5",
)
MERGED = ("bin", "sbin", "lib", "lib64")  # source: https://wiki.debian.org/UsrMerge
APT = Path("/etc/apt")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def make(folder: Path) -> None:
    """Fill `folder` with job/ (the images' tree), services/ (what is added for the services) and nothing else.

    Raises:
        RigError: apt is missing or a package cannot be downloaded.
    """
    scratch = folder / "apt"
    options = isolated_apt(scratch, SUITE)
    run(["apt-get", *options, "update"])
    job = download(scratch, options, JOB_PACKAGES.split())
    everything = download(scratch, options, [*JOB_PACKAGES.split(), *SERVICE_PACKAGES.split()])
    unpack(job, folder / "job")
    unpack([package for package in everything if package not in job], folder / "services")
    finish(folder / "job")
    move_bash(folder / "job", folder / "services")
    shutil.rmtree(scratch)


def inputs() -> str:
    """The cache key of the tree: this file and the machine's architecture."""
    return cache.digest(Path(__file__).read_bytes(), platform.machine())


def isolated_apt(scratch: Path, suite: str) -> list[str]:
    """Options for an apt of `suite` with its own sources and state under `scratch`; the machine's apt never sees it."""
    for name in ("state/lists/partial", "cache/archives/partial", "etc"):
        (scratch / name).mkdir(parents=True)
    (scratch / "status").touch()
    (scratch / "etc/sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} {suite} main\n")
    settings = {
        "Dir::Etc::SourceList": scratch / "etc/sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State": scratch / "state",
        "Dir::State::status": scratch / "status",
        "Dir::Cache": scratch / "cache",
        "APT::Install-Recommends": "0",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "APT::Update::Error-Mode": "any",
        "Debug::NoLocking": "1",
    }
    return ["-qq", *(word for key, value in settings.items() for word in ("-o", f"{key}={value}"))]


def mirror() -> str:
    """The Debian mirror: CI_KIT_RIG_MIRROR, else the one the machine's apt uses for its own suite.

    Raises:
        RigError: this machine's apt has no Debian mirror.
    """
    if chosen := os.environ.get("CI_KIT_RIG_MIRROR"):
        return chosen
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "stable")
    for file in [APT / "sources.list", *sorted((APT / "sources.list.d").glob("*"))]:
        if file.exists() and (site := site_of(file.read_text(), codename)):
            return site
    raise RigError(f"{APT}: no Debian mirror for {codename} in this machine's sources; set CI_KIT_RIG_MIRROR to one")


def site_of(sources: str, codename: str) -> str:
    """The address from which `sources`, in either format of sources.list(5), gets `codename`; empty when none."""
    for stanza in re.split(r"\n\s*\n", sources):
        fields = dict(re.findall(r"^(\w+):[ \t]*(.*)$", stanza, re.MULTILINE))
        if codename in fields.get("Suites", "").split() and "main" in fields.get("Components", ""):
            return str(fields["URIs"].split()[0])
    line = re.search(rf"^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+{codename}\s+.*\bmain\b", sources, re.MULTILINE)
    return line[1] if line else ""


def download(scratch: Path, options: Sequence[str], packages: Sequence[str]) -> list[Path]:
    """The package files of `packages` and all they depend on, less UNWANTED, in apt's archive folder."""
    run(["apt-get", *options, "-y", "--download-only", "install", *packages])
    found = sorted((scratch / "cache/archives").glob("*.deb"))
    return [file for file in found if not file.name.startswith(UNWANTED)]


def unpack(packages: Sequence[Path], tree: Path) -> None:
    """Unpack `packages` into `tree`, whose /bin, /sbin, /lib and /lib64 lead into /usr."""
    for name in MERGED:
        (tree / "usr" / name).mkdir(parents=True, exist_ok=True)
        (tree / name).symlink_to(f"usr/{name}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(functools.partial(unpack_one, tree), packages))


def unpack_one(tree: Path, package: Path) -> None:
    """Unpack one package file into `tree`, without documentation and translations."""
    unpacking = ["tar", "-x", "-C", str(tree), "--keep-directory-symlink", "--no-same-owner"]
    unpacking += [f"--exclude=./usr/share/{name}" for name in LEFT_OUT]
    reading = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE)
    done = subprocess.run(unpacking, stdin=reading.stdout, stderr=subprocess.PIPE, check=False)
    if reading.stdout:
        reading.stdout.close()
    if done.returncode or reading.wait():
        raise RigError(f"{package.name}: cannot be unpacked: {done.stderr.decode(errors='replace').strip()[-200:]}")


def finish(tree: Path) -> None:
    """Do what the packages' maintainer scripts would have done, as far as the images need it."""
    for name in (
        "root",
        "tmp",
        "proc",
        "sys",
        "dev",
        "run",
        "var/lib",
        "var/tmp",
        "usr/local/bin",
        "usr/local/sbin",
    ):
        (tree / name).mkdir(parents=True, exist_ok=True)
    for name in ("tmp", "var/tmp"):
        (tree / name).chmod(0o1777)
    link(tree / "var/run", "../run")
    accounts(tree)
    commands(tree)
    certificates = sorted((tree / "usr/share/ca-certificates/mozilla").glob("*.crt"))
    bundle = tree / "etc/ssl/certs/ca-certificates.crt"
    bundle.parent.mkdir(parents=True, exist_ok=True)
    bundle.write_text("".join(file.read_text() for file in certificates))
    for path in tree.glob("usr/lib/python3*/test"):
        shutil.rmtree(path)
    for name in ("ctr", "containerd-shim", "containerd-shim-runc-v1"):
        (tree / "usr/bin" / name).unlink(missing_ok=True)


def accounts(tree: Path) -> None:
    """Write users, groups, hosts and the order in which names are looked up; make the folders Docker reads."""
    masters = tree / "usr/share/base-passwd"
    (tree / "etc/passwd").write_text((masters / "passwd.master").read_text())
    (tree / "etc/group").write_text((masters / "group.master").read_text() + "docker:x:999:\n")
    (tree / "etc/nsswitch.conf").write_text("hosts: files dns\npasswd: files\ngroup: files\n")
    (tree / "etc/hosts").write_text("127.0.0.1 localhost\n")
    (tree / "etc/docker/certs.d").mkdir(parents=True, exist_ok=True)


def commands(tree: Path) -> None:
    """Make the links that Debian's alternatives system would make."""
    if not (tree / "usr/bin/sh").exists():
        link(tree / "usr/bin/sh", "dash")
    link(tree / "usr/bin/awk", "gawk")
    for family in ("iptables", "ip6tables"):
        for ending in ("", "-save", "-restore"):
            link(tree / f"usr/sbin/{family}{ending}", "xtables-nft-multi")


def link(path: Path, target: str) -> None:
    """Make `path` a symbolic link to `target`, whatever was there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def move_bash(job: Path, services: Path) -> None:
    """Take bash out of the job images if a dependency brought it: the official docker images have only a POSIX sh."""
    bash = job / "usr/bin/bash"
    if bash.exists():
        bash.rename(services / "usr/bin/bash")


def tool(root: Path, name: str) -> list[str]:
    """The words that run the program `name` of the unpacked trees on this machine.

    The trees' own loader and libraries run it, so it works whatever C library the machine has.
    """
    job, services = root / "job", root / "services"
    folders = [tree / where for tree in (job, services) for where in ("usr/bin", "usr/sbin")]
    program = next(folder / name for folder in folders if (folder / name).exists())
    libraries = [str(path) for tree in (job, services) for path in tree.glob("usr/lib/*-linux-gnu")]
    loader = next((job / "usr/lib64").glob("ld-linux-*"), None) or next((job / "usr/lib").glob("*/ld-linux-*"))
    return [str(loader), "--library-path", ":".join(libraries), "--argv0", name, str(program.resolve())]
