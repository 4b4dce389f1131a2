"""CK103: an image whose content changes under the pipeline."""

from collections.abc import Iterator

from ci_kit.language.jobs import CiJob, Text
from ci_kit.lint.image_words import expand, tag_of
from ci_kit.lint.rule import Hit, Rule

_FLOATING = frozenset(
    ("latest", "edge", "nightly", "stable", "current", "lts", "mainline", "rolling", "main", "master", "dev", "devel")
)
_FLOATING_DOCKER = frozenset(("dind", "cli", "git", "rootless", "dind-rootless"))


def check(job: CiJob) -> Iterator[Hit]:
    """Yield the job's image and services that have no version."""
    texts = [*([job.image] if job.image else []), *(service.name for service in job.services)]
    for text in texts:
        problem = _problem(expand(text.value, job.variables))
        if problem:
            yield _hit(text, problem)


def _hit(text: Text, problem: str) -> Hit:
    return Hit(
        text, text.value, f"{text.value} {problem}: the next pipeline may get another one", "give a version or a digest"
    )


def _problem(reference: str) -> str:
    """Return what makes the reference float, empty when it is pinned or when a variable may hold the version."""
    if "@" in reference or not reference.strip():
        return ""
    name = reference.rpartition("/")[2]
    tag = tag_of(reference)
    if tag is None:
        return "" if "$" in name else "has no tag, which means latest"
    if tag in _FLOATING:
        return f"has the moving tag {tag}"
    return f"has the moving tag {tag}" if name.startswith("docker:") and tag in _FLOATING_DOCKER else ""


RULE = Rule(
    id="CK103",
    name="unpinned-image",
    severity="warning",
    summary="An image or service has no version.",
    why=(
        "A tag like `latest`, `dind` or no tag at all names another image after the next release: a pipeline "
        "that nobody touched breaks, and an old commit cannot be built as it was. Pin a version, best with "
        "its digest, and let a bot raise it. The docker client and its dind service belong to one version."
    ),
    source='GitLab docs "Using Docker images"; docker-library/docker tags',
    bad="""\
build:
  image: docker:latest
  services: [docker:dind]
  script: [docker info]
""",
    good="""\
build:
  image: docker:28.5.2-cli
  services: [docker:28.5.2-dind]
  script: [docker info]
""",
    check=check,
)
