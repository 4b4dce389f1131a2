"""The configurations of the Docker registries (Distribution 2.8) behind the edge.

source: https://distribution.github.io/distribution/about/configuration/
"""

from __future__ import annotations

import json
from collections.abc import Mapping

PORT = 5000
ISSUER = "ci-kit-rig"
SERVICE = "container_registry"  # source: GitLab doc "Authenticate with the container registry"
FULL_PORT, READ_ONLY_PORT, LYING_PORT, DENIED_PORT, SEALED_PORT, OTHER_SECRET_PORT, TOKENS_PORT = range(5001, 5008)
SECRET = "of this rig"


def token(realm: str, *, root: str = "/data", port: int = PORT, read_only: bool = False, secret: str = SECRET) -> str:
    """A registry that trusts the tokens of `realm`, GitLab's way; JSON, which is YAML too."""
    auth = {
        "token": {
            "realm": realm,
            "service": SERVICE,
            "issuer": ISSUER,
            "rootcertbundle": "/config/tls/token.crt",
            "autoredirect": False,
        }
    }
    return configuration(auth, root=root, port=port, read_only=read_only, secret=secret)


def flat() -> str:
    """A registry of users and passwords in a file, as people run at home."""
    return configuration({"htpasswd": {"realm": "basic-realm", "path": "/config/htpasswd"}})


def mirror() -> str:
    """A registry that lets everyone in, which the daemons inside jobs ask in place of docker.io."""
    return configuration(None)


def configuration(
    auth: Mapping[str, object] | None,
    *,
    root: str = "/data",
    port: int = PORT,
    read_only: bool = False,
    secret: str = SECRET,
) -> str:
    """The text of one configuration; uploads are known only to registries of the same `secret`."""
    maintenance: dict[str, object] = {"uploadpurging": {"enabled": False}, "readonly": {"enabled": read_only}}
    settings: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": root},
            "delete": {"enabled": True},
            "maintenance": maintenance,
        },
        "http": {"addr": f":{port}", "secret": secret, "relativeurls": False},
    }
    if auth:
        settings["auth"] = auth
    return json.dumps(settings, indent=1)
