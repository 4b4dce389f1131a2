"""Putting a client together from an environment: trust, proxies, credentials."""

import ssl
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from ci_kit.registry import trust
from ci_kit.registry.auth import ANONYMOUS, Credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.patience import Patience
from ci_kit.registry.proxy import proxies_of
from ci_kit.registry.transport import Transport

SECONDS, SECONDS_OF_A_COPY = 30.0, 120.0  # for an answer; a store that copies a layer when its upload is closed is slow


def open_registry(
    registry: str,
    credentials: Credentials,
    environ: Mapping[str, str],
    actions: Mapping[str, str] | None = None,
    *,
    timeout: float = SECONDS,
    patience: Patience | None = None,
) -> RegistryClient:
    """Return a client for `host[:port]`; nothing is sent yet. The caller closes it.

    With `actions` (repository -> `pull` or `pull,push`) one token holds for all of them. `timeout`: seconds an answer.
    """
    transport = Transport(_contexts(environ), proxies_of(environ), timeout, patience or Patience())
    return RegistryClient(registry, transport, credentials, actions)


def open_mirror(
    address: str, environ: Mapping[str, str], *, timeout: float = SECONDS, patience: Patience | None = None
) -> RegistryClient:
    """Return a client for a mirror by its address, `https://host[:port]` or `http://…`; it is asked without a login."""
    url = urlsplit(address)
    client = open_registry(url.netloc, ANONYMOUS, environ, timeout=timeout, patience=patience)
    client.identity.scheme = url.scheme
    return client


def _contexts(environ: Mapping[str, str]) -> Callable[[str], ssl.SSLContext]:
    def context(host: str) -> ssl.SSLContext:
        return trust.first(trust.certificate_files(host, environ))

    return context
