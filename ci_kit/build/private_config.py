"""A DOCKER_CONFIG of our own for the time of a build: 0600, and gone afterwards."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ci_kit.build.machine.guarded_folder import guarded_folder
from ci_kit.build.options.proxies import past_the_daemon
from ci_kit.registry import credential_helper, trust
from ci_kit.registry.auth import Credentials
from ci_kit.registry.credentials import docker_config, docker_key, of_variable, read_config
from ci_kit.registry.docker_config import write

# The three files are where docker looks for TLS when DOCKER_CERT_PATH is not set.
_KEPT = ("cli-plugins", "contexts", "buildx", "ca.pem", "cert.pem", "key.pem")

_GO_FOLDERS = "/etc/ssl/certs:/etc/pki/tls/certs"  # Go's `crypto/x509/root_linux.go`


@contextmanager
def private_config(logins: Mapping[str, Credentials], environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield `environ` with a DOCKER_CONFIG that holds `logins`; the folder is gone when the block ends, or we do.

    The user's own config.json is read and never written; its plugins, contexts and builders stay reachable.
    """
    with guarded_folder("ci-kit-docker-", environ) as folder:
        original = docker_config(environ)
        for name in _KEPT:
            if (original / name).exists():
                (folder / name).symlink_to((original / name).resolve())
        config = _joined(read_config(original), of_variable(environ))
        write(folder / "config.json", _merge(config, logins, environ))
        added = past_the_daemon(environ) | _trust(folder / "certificates", environ)
        yield {**environ, **added, "DOCKER_CONFIG": str(folder)}


def _trust(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variable by which programs written in Go trust the instance's CA beside the system's own."""
    files = trust.instance_files(environ)
    if not files:
        return {}
    folder.mkdir()
    for number, path in enumerate(files):
        (folder / f"{number}.pem").symlink_to(path.resolve())
    return {"SSL_CERT_DIR": f"{folder}:{environ.get('SSL_CERT_DIR') or _GO_FOLDERS}"}


def _joined(config: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """Return `config` with the logins of DOCKER_AUTH_CONFIG, which a daemon in the job does not see by itself."""
    return {**config, "auths": {**_map(config.get("auths")), **_map(over.get("auths"))}}


def _merge(
    config: Mapping[str, object], logins: Mapping[str, Credentials], environ: Mapping[str, str]
) -> dict[str, object]:
    """Return `config` with `logins`; a store or helper that would answer for them instead is taken out."""
    ours = {docker_key(registry): login.entry() for registry, login in logins.items() if login.user}
    merged = {**config, "auths": {**_map(config.get("auths")), **ours}}
    if not ours:
        return merged
    helpers = {**_of_store(config, environ), **_map(config.get("credHelpers"))}
    merged.pop("credsStore", None)
    if helpers or "credHelpers" in config:
        merged["credHelpers"] = {name: helper for name, helper in helpers.items() if name not in ours}
    return merged


def _of_store(config: Mapping[str, object], environ: Mapping[str, str]) -> dict[str, object]:
    """Return the store of all registries as a helper for each that it knows: docker has no other way to except some."""
    store = credential_helper.of_config({"credsStore": config.get("credsStore")}, "", "config.json")
    if store is None:
        return {}
    placeholders = [name for name, entry in _map(config.get("auths")).items() if entry == {}]
    return dict.fromkeys((*placeholders, *store.keys(environ)), store.name)


def _map(said: object) -> dict[str, object]:
    return said if isinstance(said, dict) else {}
