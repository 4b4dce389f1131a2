"""Where a name and a password for a registry come from, in GitLab's order.

Sources: GitLab docs "Authenticate with the container registry", docker docs "docker login: credential stores".
"""

import base64
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ci_kit.errors import UsageError
from ci_kit.model.causes import told
from ci_kit.registry import credential_helper
from ci_kit.registry.auth import ANONYMOUS, IDENTITY, Credentials

HUB_KEY = "https://index.docker.io/v1/"
HUB_NAMES = ("docker.io", "index.docker.io", "registry-1.docker.io")


def find(registry: str, environ: Mapping[str, str]) -> Credentials:
    """Return the credentials for `registry`: the job's, a deploy token's, or docker's own; ANONYMOUS without any."""
    ours = _of_job(registry, environ) or _of_proxy(registry, environ)
    return ours or of_docker(registry, environ) or ANONYMOUS


def of_environment(environ: Mapping[str, str]) -> dict[str, Credentials]:
    """Return the logins that a job brings along, by registry: GitLab's own and its dependency proxy.

    The proxy is there with and without its port: GitLab names it `host:443`, BuildKit looks for `host`.
    """
    names = {_host(environ.get("CI_REGISTRY", "")), *_names_of_proxy(environ)} - {""}
    found = {name: _of_job(name, environ) or _of_proxy(name, environ) for name in sorted(names)}
    return {name: login for name, login in found.items() if login}


def docker_config(environ: Mapping[str, str]) -> Path:
    """Return the folder where docker keeps config.json for this environment."""
    if environ.get("DOCKER_CONFIG"):
        return Path(environ["DOCKER_CONFIG"])
    return Path(environ.get("HOME") or "/root") / ".docker"


def read_config(path: Path) -> dict[str, object]:
    """Return config.json in the folder `path`, empty when it is absent or no map; UsageError when it is not JSON."""
    said = load_config(path)
    return said if isinstance(said, dict) else {}


def load_config(path: Path) -> object:
    """Return the JSON of config.json in the folder `path`, `{}` when absent or of no length; UsageError if not JSON."""
    file = path / "config.json"
    try:
        return json.loads(file.read_text(encoding="utf-8").strip() or "{}")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        kind = error.strerror if isinstance(error, OSError) else "it is not JSON"
        cause = "config-unreadable" if isinstance(error, OSError) else "config-invalid"
        raise UsageError(f"cannot be read: {kind}", place=str(file), hint="repair or remove it", cause=cause) from error


def _of_job(registry: str, environ: Mapping[str, str]) -> Credentials | None:
    if registry != _host(environ.get("CI_REGISTRY", "")):
        return None
    pairs = (("CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD"), ("CI_DEPLOY_USER", "CI_DEPLOY_PASSWORD"))
    for user, password in pairs:
        if environ.get(user) and environ.get(password):
            return Credentials(environ[user], environ[password], password)
        if environ.get(user) or environ.get(password):
            missing = password if environ.get(user) else user
            raise UsageError(f"{missing} is not set, but its partner is", **told("credentials-half"))
    if environ.get("CI_JOB_TOKEN"):
        return Credentials("gitlab-ci-token", environ["CI_JOB_TOKEN"], "CI_JOB_TOKEN")
    return None


def _of_proxy(registry: str, environ: Mapping[str, str]) -> Credentials | None:
    """Return the job's login for GitLab's dependency proxy (GitLab docs "Dependency proxy", "Authenticate")."""
    user, password = "CI_DEPENDENCY_PROXY_USER", "CI_DEPENDENCY_PROXY_PASSWORD"
    if registry not in _names_of_proxy(environ) or not (environ.get(user) and environ.get(password)):
        return None
    return Credentials(environ[user], environ[password], password)


def _names_of_proxy(environ: Mapping[str, str]) -> tuple[str, ...]:
    server = _host(environ.get("CI_DEPENDENCY_PROXY_SERVER", ""))
    return (server, re.sub(r":(?:443|80)\Z", "", server)) if server else ()


def of_docker(registry: str, environ: Mapping[str, str]) -> Credentials | None:
    """Return the login that docker has for `registry`, from DOCKER_AUTH_CONFIG, a helper or config.json."""
    given = of_variable(environ)
    sources = [("DOCKER_AUTH_CONFIG", given)] if given else []
    folder = docker_config(environ)
    sources.append((str(folder / "config.json"), read_config(folder)))
    for source, config in sources:
        found = _of_config(registry, config, source, environ)
        if found:
            return found
    return None


def _of_config(
    registry: str, config: Mapping[str, object], source: str, environ: Mapping[str, str]
) -> Credentials | None:
    helper = credential_helper.of_config(config, docker_key(registry), source)
    return (helper and helper.get(docker_key(registry), environ)) or of_auths(registry, config, source)


def every(environ: Mapping[str, str]) -> dict[str, Credentials]:
    """Return all logins of docker's config.json, by registry; one that its helper does not give is left out.

    UsageError when config.json cannot be read. Source: docker/cli, cli/config/configfile, `GetAllCredentials`.
    """
    folder = docker_config(environ)
    config, source = read_config(folder), str(folder / "config.json")
    helpers = config.get("credHelpers")
    store = credential_helper.of_config({"credsStore": config.get("credsStore")}, "", source)
    auths = config.get("auths")
    names = [*(auths if isinstance(auths, dict) else ()), *(helpers if isinstance(helpers, dict) else ())]
    found: dict[str, Credentials] = {}
    for name in dict.fromkeys([*names, *(store.keys(environ) if store else ())]):
        with suppress(UsageError):
            found[name] = _of_config(name, config, source, environ) or ANONYMOUS
    return {name: login for name, login in found.items() if login.password}


def of_variable(environ: Mapping[str, str]) -> dict[str, object]:
    """Return what DOCKER_AUTH_CONFIG holds, in the form of config.json; empty without it. UsageError: it is no JSON."""
    text = environ.get("DOCKER_AUTH_CONFIG", "")
    if not text:
        return {}
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError("is not JSON", place="DOCKER_AUTH_CONFIG", **told("auth-config-invalid")) from error
    return said if isinstance(said, dict) else {}


def of_auths(registry: str, config: Mapping[str, object], source: str) -> Credentials | None:
    """Return the entry under docker's own spelling, else the first that means this host."""
    auths = config.get("auths")
    spelled = [name for name in auths if _host(name) == _host(docker_key(registry))] if isinstance(auths, dict) else []
    for name in sorted(spelled, key=lambda name: (name != docker_key(registry), not is_spelling(name, registry))):
        entry = auths[name] if isinstance(auths, dict) else None
        found = _of_entry(entry, source) if isinstance(entry, dict) else None
        if found:
            return found
    return None


def _of_entry(entry: Mapping[str, object], source: str) -> Credentials | None:
    if isinstance(entry.get("identitytoken"), str) and entry["identitytoken"]:
        return Credentials(IDENTITY, str(entry["identitytoken"]), source, identity=True)
    return _decode(str(entry["auth"]), source) if entry.get("auth") else None


def _decode(auth: str, source: str) -> Credentials:
    try:
        user, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
    except ValueError as error:
        message = "the auth of a registry is not base64"
        raise UsageError(message, place=source, hint="log in again", cause=_cause_of(source)) from error
    if not colon:
        message = "the auth of a registry is not user:password"
        raise UsageError(message, place=source, hint="log in again", cause=_cause_of(source))
    return Credentials(user, password.rstrip("\0"), source)


def _cause_of(source: str) -> str:
    return "auth-config-invalid" if source == "DOCKER_AUTH_CONFIG" else "config-invalid"


def docker_key(registry: str) -> str:
    """Return the name under which docker keeps logins of `host[:port]`: the same, but an old address for Docker Hub."""
    return HUB_KEY if registry in HUB_NAMES else registry


def api_host(registry: str) -> str:
    """Return the host that speaks the registry protocol for `registry`: the same, but another one for Docker Hub."""
    return HUB_NAMES[-1] if registry in HUB_NAMES else registry


def is_spelling(name: str, registry: str) -> bool:
    """Tell whether a name below `auths` means all of `registry`: with a scheme, a slash, or the path of an API."""
    bare = re.sub(r"(?:/v[12])?/?\Z", "", name.partition("://")[2] or name)
    return docker_key(bare) == docker_key(registry)


def _host(address: str) -> str:
    return address.partition("://")[2].partition("/")[0] if "://" in address else address.partition("/")[0]
