"""One file per builder; BUILDERS is the order in which `auto` asks them whether they can work here.

Each is imported when it is asked for: mostly the first or the second is taken.
"""

from collections.abc import Callable

from ci_kit.build.workshop import BuilderKind


def _buildx() -> BuilderKind:
    from ci_kit.build.builders.buildx import Buildx

    return Buildx


def _docker() -> BuilderKind:
    from ci_kit.build.builders.docker import Docker

    return Docker


def _buildah() -> BuilderKind:
    from ci_kit.build.builders.buildah import Buildah

    return Buildah


def _buildkit() -> BuilderKind:
    from ci_kit.build.builders.buildkit import Buildkit

    return Buildkit


BUILDERS: dict[str, Callable[[], BuilderKind]] = {
    "buildx": _buildx,
    "docker": _docker,
    "buildah": _buildah,
    "buildkit": _buildkit,
}
