"""Where a name and a password for a registry come from, in GitLab's order.

Sources: GitLab docs "Authenticate with the container registry", docker docs "docker login: credential stores".
"""

import base64
import json
import warnings
from collections.abc import Mapping
from pathlib import Path

from ci_kit.errors import UsageError
from ci_kit.registry.auth import ANONYMOUS, Credentials


def find(registry: str, environ: Mapping[str, str]) -> Credentials:
    """Return the credentials for `registry`: the job's, a deploy token's, or docker's own; ANONYMOUS without any."""
    return _of_job(registry, environ) or _of_docker(registry, environ) or ANONYMOUS


def docker_config(environ: Mapping[str, str]) -> Path:
    """Return the folder where docker keeps config.json for this environment."""
    if environ.get("DOCKER_CONFIG"):
        return Path(environ["DOCKER_CONFIG"])
    return Path(environ.get("HOME") or "/root") / ".docker"


def read_config(path: Path) -> dict[str, object]:
    """Return config.json in the folder `path`, empty when there is none; UsageError when it is not JSON."""
    file = path / "config.json"
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        kind = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise UsageError(f"cannot be read: {kind}", place=str(file), hint="repair or remove it") from error
    return said if isinstance(said, dict) else {}


def _of_job(registry: str, environ: Mapping[str, str]) -> Credentials | None:
    if registry != _host(environ.get("CI_REGISTRY", "")):
        return None
    pairs = (("CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"), ("CI_DEPLOY_USER", "CI_DEPLOY_PASSWORD"))
    for user, password in pairs:
        if environ.get(user) and environ.get(password):
            return Credentials(environ[user], environ[password], password)
        if environ.get(user) or environ.get(password):
            missing = password if environ.get(user) else user
            raise UsageError(
                f"{missing} is not set, but its partner is", hint="set both or none; in a job GitLab sets both"
            )
    if environ.get("CI_JOB_TOKEN"):
        return Credentials("gitlab-ci-token", environ["CI_JOB_TOKEN"], "CI_JOB_TOKEN")
    return None


def _of_docker(registry: str, environ: Mapping[str, str]) -> Credentials | None:
    given = of_variable(environ)
    sources = [("DOCKER_AUTH_CONFIG", given)] if given else []
    folder = docker_config(environ)
    sources.append((str(folder / "config.json"), read_config(folder)))
    for source, config in sources:
        found = _of_helper(registry, config, source) or _of_auths(registry, config, source)
        if found:
            return found
    return None


def of_variable(environ: Mapping[str, str]) -> dict[str, object]:
    """Return what DOCKER_AUTH_CONFIG holds, in the form of config.json; empty without it. UsageError: it is no JSON."""
    text = environ.get("DOCKER_AUTH_CONFIG", "")
    if not text:
        return {}
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError("is not JSON", place="DOCKER_AUTH_CONFIG", hint='it looks like {"auths": {…}}') from error
    return said if isinstance(said, dict) else {}


def _of_auths(registry: str, config: Mapping[str, object], source: str) -> Credentials | None:
    auths = config.get("auths")
    for address, entry in auths.items() if isinstance(auths, dict) else ():
        if _host(str(address)) == registry and isinstance(entry, dict) and entry.get("auth"):
            return _decode(str(entry["auth"]), source)
    return None


def _decode(auth: str, source: str) -> Credentials:
    try:
        user, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
    except ValueError as error:
        raise UsageError("the auth of a registry is not base64", place=source, hint="log in again") from error
    if not colon:
        raise UsageError("the auth of a registry is not user:password", place=source, hint="log in again")
    return Credentials(user, password.rstrip("\0"), source)


def _of_helper(registry: str, config: Mapping[str, object], source: str) -> Credentials | None:
    helpers = config.get("credHelpers")
    name = helpers.get(registry) if isinstance(helpers, dict) else None
    name = name or config.get("credsStore")
    if not isinstance(name, str) or not name:
        return None
    import docker.credentials
    from docker.credentials.errors import CredentialsNotFound, StoreError

    try:
        with warnings.catch_warnings(action="ignore"):  # that it is missing is said below, in one line
            said = docker.credentials.Store(name).get(registry)  # type: ignore[no-untyped-call]
        return Credentials(str(said["Username"]), str(said["Secret"]), f"docker-credential-{name}")
    except CredentialsNotFound:
        return None
    except (StoreError, OSError, ValueError, LookupError, TypeError) as error:
        hint = f"install docker-credential-{name}, or remove it from {source}"
        raise UsageError(f"the credential helper {name!r} does not work", place=source, hint=hint) from error


def _host(address: str) -> str:
    return address.partition("://")[2].partition("/")[0] if "://" in address else address.partition("/")[0]
