"""Secrets and ssh keys as buildx and buildctl take them: names among the arguments, values nowhere but in memory.

Source: docker docs "docker buildx build", "--secret" and "--ssh".
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from ci_kit.errors import BuildError
from ci_kit.model.plan import BuildPlan
from ci_kit.model.secret import Secret, SshKey

# A name of our own, so that a build argument of the same name cannot stand in for the secret.
_VARIABLE = "CI_KIT_SECRET_"


class Mounts(NamedTuple):
    """Arguments for the command line, and the variables that its process needs besides."""

    arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = MappingProxyType({})


def of(plan: BuildPlan, environ: Mapping[str, str], folder: Path) -> Mounts:
    """Return how to tell BuildKit of the plan's secrets and keys.

    A key that is in a variable is written to `folder`, which is private and does not outlive the run: the command takes
    keys from files only.
    """
    said = [_of_secret(secret, index) for index, secret in enumerate(plan.secrets)]
    keys = [_of_key(key, plan, environ, folder) for key in plan.ssh]
    values = {
        f"{_VARIABLE}{index}": environ[secret.variable] for index, secret in enumerate(plan.secrets) if secret.variable
    }
    return Mounts((*said, *keys), values)


def refuse(plan: BuildPlan) -> None:
    """Raise the BuildError that a builder without BuildKit owes to a plan with secrets or ssh keys."""
    what = "secrets" if plan.secrets else "ssh keys" if plan.ssh else ""
    if what:
        hint = "use an image with docker-buildx in it, or --builder buildkit or buildah"
        raise BuildError(f"{plan.name}: the classic builder knows no {what}; they need BuildKit", hint=hint)


def _of_secret(secret: Secret, index: int) -> str:
    where = f"src={secret.file}" if secret.file else f"env={_VARIABLE}{index}"
    return f"--secret=id={secret.id},{where}"


def _of_key(key: SshKey, plan: BuildPlan, environ: Mapping[str, str], folder: Path) -> str:
    if key.is_agent:
        return f"--ssh={key.id}"
    return f"--ssh={key.id}={key.file or _written(key, environ[key.variable], plan, folder)}"


def _written(key: SshKey, value: str, plan: BuildPlan, folder: Path) -> str:
    path = folder / f"ssh-{plan.name}-{key.id}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{value.strip()}\n")  # variables lose the last line's end, which OpenSSH's format needs
    return str(path)
