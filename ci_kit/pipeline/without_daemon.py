"""Jobs that build without a Docker daemon beside them: which they are, in what image they run, and what they install.

Sources: GitLab docs "Use Buildah in a rootless container", "Build Docker images with BuildKit"; Debian packages
`buildah` and `netavark` (buildah 1.39 does not build without it).
"""

from ci_kit.config.settings import PipelineSettings
from ci_kit.errors import UsageError

DEBIAN = "debian:13-slim"
_BY_ITSELF = ("buildah", "buildkit")
_ELSEWHERE = ("tcp://", "unix://", "kubernetes://")

INSTALL = """\
if ! command -v ci-kit >/dev/null; then
  command -v buildah >/dev/null && command -v python3 >/dev/null || {
    apt-get update -qq
    apt-get install -qq --yes --no-install-recommends buildah ca-certificates git netavark python3-venv >/dev/null
  }
  python3 -m venv /tmp/ci-kit
  /tmp/ci-kit/bin/pip install --quiet --disable-pip-version-check "ci-kit==$CI_KIT_VERSION"
  export PATH="/tmp/ci-kit/bin:$PATH"
fi
"""


def is_meant(how: PipelineSettings) -> bool:
    """Tell whether the jobs need no daemon: the builder has none, or buildx has its BuildKit elsewhere."""
    if how.builder in _BY_ITSELF:
        return True
    return how.builder in ("auto", "buildx") and how.buildkit.startswith(_ELSEWHERE)


def check(how: PipelineSettings) -> None:
    """Raise UsageError where the builder cannot come into the job in the way that is asked for."""
    if how.helper == "none" and (how.builder in _BY_ITSELF or how.buildkit):
        what = f"pipeline.builder: {how.builder}" if how.builder in _BY_ITSELF else "pipeline.buildkit"
        raise UsageError(
            f"{what} needs ci-kit in the job, but pipeline.helper is none", hint="write helper: pip, or helper: image"
        )
    if how.registry_mirror and how.builder not in _BY_ITSELF and is_meant(how):
        raise UsageError(
            "pipeline.registry_mirror cannot be said to a BuildKit that runs elsewhere",
            hint="write it into its buildkitd.toml, and leave it out here",
        )
    if how.builder == "buildkit" and how.helper != "image":
        raise UsageError(
            "pipeline.builder is buildkit, whose image lets no job install anything",
            hint="write helper: image and name an image with ci-kit and buildctl-daemonless.sh (docs/builders.md)",
        )
