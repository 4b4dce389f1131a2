"""Secrets and ssh keys of a build: read from their lines, and refused where what they name is not there.

Source: docker docs "docker buildx build", "--secret" and "--ssh"; the words are the same.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci_kit.config.settings import Placed
from ci_kit.errors import UsageError
from ci_kit.model.secret import Secret, SshKey
from ci_kit.registry.reference import expand

_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LARGEST = 500 * 1024  # bytes; source: BuildKit `session/secrets/secretsprovider`, maxSecretSize
_KEYS = {"id": "id", "env": "env", "src": "src", "source": "src", "type": "type"}
_AGENT = "default"


def of(lines: Sequence[Placed], environ: Mapping[str, str], root: Path) -> tuple[Secret, ...]:
    """Return the secrets that the lines name; UsageError where one is twice, or what it names is not there."""
    found = tuple(_secret(line, environ, root) for line in lines)
    _refuse_twice([secret.id for secret in found], lines)
    return found


def ssh(lines: Sequence[Placed], environ: Mapping[str, str], root: Path) -> tuple[SshKey, ...]:
    """Return what `RUN --mount=type=ssh` may use; UsageError as `of`, and without an agent where one is meant."""
    found = tuple(_key(line, environ, root) for line in lines)
    _refuse_twice([key.id for key in found], lines)
    return found


def _secret(line: Placed, environ: Mapping[str, str], root: Path) -> Secret:
    said = _fields(line, "secret", "id=npm,env=NPM_TOKEN or id=ca,src=path")
    if "src" in said:
        return Secret(said["id"], file=_file(said["src"], environ, root, line.place))
    return Secret(said["id"], variable=_variable(said.get("env", said["id"]), environ, line.place))


def _key(line: Placed, environ: Mapping[str, str], root: Path) -> SshKey:
    if _ID.fullmatch(line.text.strip()):
        line = Placed(f"id={line.text.strip()}", line.place)
    said = _fields(line, "ssh key", "default, id=deploy,env=DEPLOY_KEY or id=deploy,src=path")
    if "src" in said:
        return SshKey(said["id"], file=_file(said["src"], environ, root, line.place))
    if "env" not in said:
        return _agent(said["id"], environ, line.place)
    value = environ.get(_variable(said["env"], environ, line.place), "")
    is_file = "\n" not in value and Path(value).is_file()  # a variable of type file holds the path
    return SshKey(said["id"], file=str(Path(value).resolve())) if is_file else SshKey(said["id"], variable=said["env"])


def _agent(name: str, environ: Mapping[str, str], place: str) -> SshKey:
    if not environ.get("SSH_AUTH_SOCK"):
        hint = f"start one (eval $(ssh-agent -s)), or name a key: id={name},env=VARIABLE"
        raise UsageError("there is no ssh agent: SSH_AUTH_SOCK is not set", place=place, hint=hint)
    return SshKey(name)


def _fields(line: Placed, what: str, example: str) -> dict[str, str]:
    """Return the fields of a line by key; one that may hold a value instead of a name is not repeated."""
    hint = f"write {example}"
    pairs = [part.partition("=") for part in line.text.strip().split(",")]
    unknown = next((key for key, equals, _ in pairs if not equals or key.strip().lower() not in _KEYS), None)
    if unknown is not None:
        word = repr(unknown.strip()[:20]) if _NAME.fullmatch(unknown.strip()) else "a part of it"
        raise UsageError(f"{word} is not a field of a {what}", place=line.place, hint=hint)
    said = {_KEYS[key.strip().lower()]: value.strip() for key, _, value in pairs}
    if len(said) != len(pairs) or ("env" in said and "src" in said):
        raise UsageError(f"the {what} says twice where it is", place=line.place, hint=hint)
    if not _ID.fullmatch(said.get("id", "")):
        raise UsageError(f"the {what} has no id of letters, digits, _ . and -", place=line.place, hint=hint)
    if said.pop("type", "file") not in ("file", "env"):
        raise UsageError(f"the type of a {what} is env or file", place=line.place, hint=hint)
    return said


def _variable(name: str, environ: Mapping[str, str], place: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError("env= names a variable, not a value", place=place, hint="write env=NAME")
    if not environ.get(name):
        hint = "set it in the project's CI/CD settings; a protected one exists on protected branches and tags only"
        raise UsageError(f"the variable {name} is not set", place=place, hint=hint)
    return name


def _file(path: str, environ: Mapping[str, str], root: Path, place: str) -> str:
    found = root / expand(path, environ, place)
    try:
        size = found.stat().st_size
        with found.open("rb"):
            pass
    except OSError as error:
        hint = "paths are relative to the project's root; a variable of type file is $NAME"
        raise UsageError(f"{path!r} cannot be read: {error.strerror}", place=place, hint=hint) from error
    if size > _LARGEST:
        hint = "a secret is small: mount the file with RUN --mount=type=bind"
        raise UsageError(f"{path!r} has {size} bytes; BuildKit takes {_LARGEST}", place=place, hint=hint)
    return str(found.resolve())


def _refuse_twice(ids: Sequence[str], lines: Sequence[Placed]) -> None:
    for index, name in enumerate(ids):
        if name in ids[:index]:
            raise UsageError(f"the id {name!r} is there twice", place=lines[index].place, hint="give each its own id")
