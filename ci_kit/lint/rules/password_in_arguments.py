"""CK102: a password among the arguments of a login."""

import re
from collections.abc import Iterator
from itertools import pairwise

from ci_kit.language.jobs import CiJob
from ci_kit.lint.rule import Hit, Rule
from ci_kit.lint.shell import commands

_PROGRAMS = frozenset(("docker", "podman", "nerdctl", "buildah", "skopeo", "crane", "regctl", "oras", "helm", "img"))
_LONG = "--password"
_WITH_VALUE = frozenset(("--config", "--context", "-c", "--host", "-H", "--log-level", "-l"))  # before the verb
_GROUPS = frozenset(("auth", "registry"))  # crane auth login, helm registry login
_VARIABLE = re.compile(r"\$(?:\w+|\{\w+\})")


def check(job: CiJob) -> Iterator[Hit]:
    """Yield each password that stands in the arguments of a login."""
    for text in job.commands:
        for words in commands(text.value):
            option = _option(words) if _is_login(words) else None
            if option is not None:
                message = f"the password is an argument of {words[0]} login: every process of the machine can read it"
                yield Hit(text, option, message, _instead(words, option))


def _is_login(words: list[str]) -> bool:
    """Whether the first word that is no option is `login`: `docker run --name login -p 80:80` is none."""
    if words[0].rpartition("/")[2] not in _PROGRAMS:
        return False
    verbs = [word for before, word in pairwise(words) if not word.startswith("-") and before not in _WITH_VALUE]
    return verbs[:1] == ["login"] or (verbs[1:2] == ["login"] and verbs[0] in _GROUPS)


def _option(words: list[str]) -> str | None:
    """Return the option with the password as it is written, None when there is none."""
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if word in ("-p", _LONG) and following:
            return f"{word} {following}"
        if word.startswith(f"{_LONG}=") or (word.startswith("-p") and not word.startswith("--") and len(word) > 2):
            return word
    return None


def _instead(words: list[str], option: str) -> str:
    """Return the same login with a pipe; a password that is written out is not repeated."""
    variable = _VARIABLE.search(option)
    password = variable[0] if variable else "$PASSWORD"
    return f'printf "%s" "{password}" | {words[0]} login … --password-stdin'


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
