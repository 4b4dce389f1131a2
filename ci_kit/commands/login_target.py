"""Which registries a login is for, and on which repository of each it is proved."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ci_kit.errors import UsageError
from ci_kit.model import grammar
from ci_kit.registry import reference

_ANY = "ci-kit-login"  # where nobody names a repository: a registry with a password file allows every name


class Target(NamedTuple):
    """A registry, and the repository for the trial: `named` by the user or the job, else a guess."""

    registry: str
    repository: str
    named: bool
    note: str = ""


def targets(named: Sequence[str], environ: Mapping[str, str]) -> tuple[Target, ...]:
    """Return what was named, each once, else the job's own registry; UsageError when there is none."""
    if named:
        return tuple(dict.fromkeys(_target(text, "REGISTRY", environ) for text in named))
    if not environ.get("CI_REGISTRY"):
        hint = "turn on the project's container registry, or name one: host or host/group/project"
        raise UsageError("is not set, and no registry is named", place="CI_REGISTRY", hint=hint)
    return (_target(environ["CI_REGISTRY"], "CI_REGISTRY", environ),)


def _target(text: str, place: str, environ: Mapping[str, str]) -> Target:
    address = reference.of_registry(text, place)
    if address.repository:
        return Target(address.registry, address.repository, True, address.note)
    image = environ.get("CI_REGISTRY_IMAGE")
    own = reference.of_registry(image, "CI_REGISTRY_IMAGE") if image else None
    if own and own.repository and own.registry == address.registry:
        return Target(address.registry, own.repository, True, address.note)
    guess = own.repository if own else environ.get("CI_PROJECT_PATH", "").lower()
    return Target(address.registry, guess if grammar.REPOSITORY.match(guess) else _ANY, False, address.note)
