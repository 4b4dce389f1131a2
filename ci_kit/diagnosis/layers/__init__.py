"""One file per layer: `check(case)` looks at one thing and returns a Result; layers do not know each other.

CHAIN is asked from top to bottom, and ends where something is broken: what lies behind could not be judged. SECTIONS do
not depend on it nor on each other, though they may use what it found.
"""

import importlib
from collections.abc import Callable
from typing import cast

from ci_kit.diagnosis.case import Case
from ci_kit.diagnosis.result import Result

Layer = Callable[[Case], Result]

CHAIN: dict[str, str] = {
    "name": "the image's name",
    "credentials": "a user and a password for the registry",
    "proxy": "the proxy that the environment names",
    "dns": "the addresses of the registry's name, IPv4 and IPv6",
    "tcp": "a connection to each address",
    "tls": "the certificate, its chain and names",
    "http": "what answers at /v2/",
    "realm": "the token service that the registry names",
    "token": "user and password there",
    "acceptance": "whether the registry takes that token, and the clocks",
    "grant": "what the token allows on this repository",
    "manifest": "the image that shall be pulled",
    "upload": "the begin of an upload",
    "location": "where the registry sends the upload",
    "chunk": "1.2 MB of it, what the registry has then, and the end of it",
}
SECTIONS: dict[str, str] = {
    "docker_config": "docker's config.json",
    "auth_config": "DOCKER_AUTH_CONFIG",
    "helper": "the credential helper that config.json names",
    "token_life": "how long a token lives",
    "stale_login": "docker's own login for this registry",
    "daemon": "the Docker daemon",
    "daemon_proxy": "the proxy between client and daemon",
    "daemon_version": "the versions of client and daemon",
    "daemon_mtu": "the size of packets of the daemon's containers",
    "daemon_disk": "the disk of the daemon",
    "daemon_registry": "whether the daemon reaches and trusts the registry",
    "clock": "this machine's clock",
    "disk": "this machine's disk",
    "project": "the project in GitLab, and the token for its API",
}


def layer(name: str) -> Layer:
    """Return the function of a layer by its name in CHAIN or SECTIONS."""
    return cast(Layer, importlib.import_module(f"ci_kit.diagnosis.layers.{name}").check)
