"""CK102: a password among the arguments of a login."""

from collections.abc import Iterator

from ci_kit.language.jobs import CiJob
from ci_kit.lint.rule import Hit, Rule
from ci_kit.lint.shell import commands

_PROGRAMS = frozenset(("docker", "podman", "nerdctl", "buildah", "skopeo", "crane", "regctl", "oras", "helm", "img"))
_LONG = "--password"


def check(job: CiJob) -> Iterator[Hit]:
    """Yield each password that stands in the arguments of a login."""
    for text in job.commands:
        for words in commands(text.value):
            password = _password(words)
            if password is not None:
                message = f"the password is an argument of {words[0]} login: every process of the machine can read it"
                yield Hit(text, password, message, _instead(words))


def _password(words: list[str]) -> str | None:
    """Return the option as it is written, None when this is no login or it takes the password from stdin."""
    if words[0].rpartition("/")[2] not in _PROGRAMS or "login" not in words[1:4]:
        return None
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if word in ("-p", _LONG) and following:
            return f"{word} {following}"
        if word.startswith(f"{_LONG}=") or (word.startswith("-p") and not word.startswith("--") and len(word) > 2):
            return word
    return None


def _instead(words: list[str]) -> str:
    return f'printf "%s" "$CI_REGISTRY_PASSWORD" | {words[0]} login --username "$CI_REGISTRY_USER" --password-stdin …'


RULE = Rule(
    id="CK102",
    name="password-in-arguments",
    severity="warning",
    summary="A password is given as an argument of a login.",
    why=(
        "Arguments of a process are readable by every other process of the machine, stand in traces of `set -x`, and "
        "stay in audit logs. Every client reads the password from standard input as well."
    ),
    source='docker docs "docker login --password-stdin"; GitLab docs "Authenticate with the container registry"',
    bad="""\
build:
  image: docker:28.5.2-cli
  services: [docker:28.5.2-dind]
  script:
    - docker login -u "$CI_REGISTRY_USER" -p "$CI_REGISTRY_PASSWORD" "$CI_REGISTRY"
""",
    good="""\
build:
  image: docker:28.5.2-cli
  services: [docker:28.5.2-dind]
  script:
    - printf "%s" "$CI_REGISTRY_PASSWORD" | docker login -u "$CI_REGISTRY_USER" --password-stdin "$CI_REGISTRY"
""",
    check=check,
)
