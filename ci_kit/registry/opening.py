"""Putting a client together from an environment: trust, proxies, credentials."""

import ssl
from collections.abc import Mapping

from ci_kit.registry import trust
from ci_kit.registry.auth import Credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.transport import Transport, proxies_of


def open_registry(
    registry: str, credentials: Credentials, environ: Mapping[str, str], transport: type[Transport] = Transport
) -> RegistryClient:
    """Return a client for `host[:port]`; nothing is sent yet. The caller closes it."""

    def context(host: str) -> ssl.SSLContext:
        return trust.context(trust.certificate_files(host, environ))

    return RegistryClient(registry, transport(context, proxies_of(environ)), credentials)
