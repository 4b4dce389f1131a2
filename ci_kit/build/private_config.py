"""A DOCKER_CONFIG of our own for the time of a build: 0600, and gone afterwards."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ci_kit.registry.auth import Credentials
from ci_kit.registry.credentials import docker_config, of_variable, read_config

# The three files are where docker looks for TLS when DOCKER_CERT_PATH is not set.
_KEPT = ("cli-plugins", "contexts", "buildx", "ca.pem", "cert.pem", "key.pem")


@contextmanager
def private_config(logins: Mapping[str, Credentials], environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield `environ` with a DOCKER_CONFIG that holds `logins`; the folder is removed when the block ends.

    The user's own config.json is read and never written; its plugins, contexts and builders stay reachable.
    """
    folder = Path(tempfile.mkdtemp(prefix="ci-kit-docker-"))
    try:
        original = docker_config(environ)
        for name in _KEPT:
            if (original / name).exists():
                (folder / name).symlink_to((original / name).resolve())
        config = _joined(read_config(original), of_variable(environ))
        _write(folder / "config.json", _merge(config, logins))
        yield {**environ, "DOCKER_CONFIG": str(folder)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _joined(config: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """Return `config` with the logins of DOCKER_AUTH_CONFIG, which a daemon in the job does not see by itself."""
    auths = [part for part in (config.get("auths"), over.get("auths")) if isinstance(part, dict)]
    return {**config, "auths": {name: entry for part in auths for name, entry in part.items()}}


def _merge(config: Mapping[str, object], logins: Mapping[str, Credentials]) -> dict[str, object]:
    """Return `config` with `logins`; a store or helper that would answer for them instead is taken out."""
    merged = dict(config)
    auths = config.get("auths")
    helpers = config.get("credHelpers")
    ours = {
        registry: {"auth": login.basic().removeprefix("Basic ")} for registry, login in logins.items() if login.user
    }
    merged["auths"] = {**(auths if isinstance(auths, dict) else {}), **ours}
    if isinstance(helpers, dict):
        merged["credHelpers"] = {name: helper for name, helper in helpers.items() if name not in ours}
    if ours:
        merged.pop("credsStore", None)
    return merged


def _write(path: Path, config: Mapping[str, object]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(config, file)
