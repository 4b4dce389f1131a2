"""Putting a client together from an environment: trust, proxies, credentials."""

import ssl
from collections.abc import Callable, Mapping

from ci_kit.registry import trust
from ci_kit.registry.auth import Credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.patience import PatientTransport
from ci_kit.registry.patient import PatientClient
from ci_kit.registry.transport import Transport, proxies_of

_PATIENCE = 120.0  # seconds; a store that copies a layer when its upload is closed takes long


def open_registry(
    registry: str,
    credentials: Credentials,
    environ: Mapping[str, str],
    transport: type[Transport] = Transport,
    timeout: float = 30.0,
) -> RegistryClient:
    """Return a client for `host[:port]`; nothing is sent yet. The caller closes it. `timeout`: seconds an answer."""
    return RegistryClient(registry, transport(_contexts(environ), proxies_of(environ), timeout), credentials)


def open_patient(
    registry: str, credentials: Credentials, actions: Mapping[str, str], environ: Mapping[str, str]
) -> PatientClient:
    """Return a client that tries again, with one token for `actions`: repository -> `pull` or `pull,push`."""
    transport = PatientTransport(_contexts(environ), proxies_of(environ), _PATIENCE)
    return PatientClient(registry, transport, credentials, actions)


def _contexts(environ: Mapping[str, str]) -> Callable[[str], ssl.SSLContext]:
    def context(host: str) -> ssl.SSLContext:
        return trust.context(trust.certificate_files(host, environ))

    return context
