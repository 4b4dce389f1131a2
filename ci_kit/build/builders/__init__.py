"""One file per builder; BUILDERS is the order in which `auto` asks them whether they can work here."""

from ci_kit.build.builders.buildah import Buildah
from ci_kit.build.builders.buildkit import Buildkit
from ci_kit.build.builders.buildx import Buildx
from ci_kit.build.builders.docker import Docker
from ci_kit.build.workshop import BuilderKind

BUILDERS: dict[str, BuilderKind] = {
    "buildx": Buildx,
    "docker": Docker,
    "buildah": Buildah,
    "buildkit": Buildkit,
}
