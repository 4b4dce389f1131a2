"""CK104: a registry written as an address where a reference is wanted."""

import re
from collections.abc import Iterator

from ci_kit.language.jobs import CiJob
from ci_kit.lint.image_words import expand, image_words, variables_in
from ci_kit.lint.rule import Hit, Rule
from ci_kit.lint.shell import commands

_SCHEME = re.compile(r"https?://", re.I)
_EXPANSION = re.compile(r"\$\{[^}]*\}|\$\(.*\)|`.*`")  # slashes in it are not those of the reference
_DOCKER_HUB = "https://index.docker.io/v1/"  # docker's own name for its default registry
_PROGRAMS = frozenset(("docker", "podman", "nerdctl", "buildah", "skopeo", "crane", "oras"))


def check(job: CiJob) -> Iterator[Hit]:
    """Yield references with a scheme or a slash too many, and logins that will not match any reference."""
    for image in image_words(job):
        whole = expand(image.word, job.variables)
        problem = _problem(whole)
        if problem:
            yield _at_cause(job, Hit(image.text, image.word, f"{whole} {problem}", _corrected(whole)))
    yield from _logins(job)


def _problem(reference: str) -> str:
    if _SCHEME.match(reference):
        return "is not an image reference: it has a scheme"
    if reference.endswith("/"):
        return "is not an image reference: it ends with a slash"
    bare = _EXPANSION.sub("x", reference)
    if "//" in bare or "/:" in bare:
        return "is not an image reference: a part of it is empty"
    return ""


def _at_cause(job: CiJob, hit: Hit) -> Hit:
    """Return the hit at the variable that brings the scheme or slash, when the reference itself is innocent."""
    if _problem(hit.needle):
        return hit
    for name in variables_in(hit.needle):
        text = job.variables.get(name)
        if text and (_SCHEME.match(text.value) or text.value.endswith("/")):
            return Hit(text, text.value, f"{hit.message} (from {name})", _corrected(text.value))
    return hit


def _logins(job: CiJob) -> Iterator[Hit]:
    for text in job.commands:
        for words in commands(text.value):
            address = words[-1]
            if _is_login(words) and address != _DOCKER_HUB and (_SCHEME.match(address) or address.endswith("/")):
                message = f"login takes {address}, but an image under that name cannot be pushed"
                yield Hit(text, address, message, _corrected(address))


def _is_login(words: list[str]) -> bool:
    return words[0].rpartition("/")[2] in _PROGRAMS and (words[1:2] == ["login"] or words[1:3] == ["auth", "login"])


def _corrected(address: str) -> str:
    scheme = _SCHEME.match(address)
    bare = address[scheme.end() :] if scheme else address
    return re.sub(r"/+", "/", bare).replace("/:", ":").rstrip("/")


RULE = Rule(
    id="CK104",
    name="registry-reference",
    severity="warning",
    summary="A registry is written with a scheme or a trailing slash.",
    why=(
        "An image reference is `host[:port]/path:tag`. `docker login` forgives `https://` and a slash at the "
        'end, `docker build --tag` and `docker push` do not: the job logs in and then fails with "invalid '
        'reference format".'
    ),
    source="github.com/distribution/reference; tried with docker 20.10, 26.1 and 28.2",
    bad="""\
build:
  image: docker:28.5.2-cli
  services: [docker:28.5.2-dind]
  script:
    - docker build --tag "https://$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA" .
""",
    good="""\
build:
  image: docker:28.5.2-cli
  services: [docker:28.5.2-dind]
  script:
    - docker build --tag "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA" .
""",
    check=check,
)
