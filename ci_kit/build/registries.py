"""The registries of one run: those that are pushed to are waited for, those that only tell of a base image are not."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import NamedTuple

from ci_kit.registry import credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.opening import open_mirror, open_registry
from ci_kit.registry.patience import Patience

_SECONDS_FOR_A_BASE = 5.0  # without its digest the image is built all the same


class Registries(NamedTuple):
    """Opens clients with the logins of this job; `closing` ends their connections."""

    environ: Mapping[str, str]
    closing: ExitStack

    def target(self, name: str) -> RegistryClient:
        """Return a client for a registry that is pushed to."""
        return self._closed_later(open_registry(name, credentials.find(name, self.environ), self.environ))

    def source(self, name: str) -> RegistryClient:
        """Return a client for a registry that only has to tell of base images."""
        login, timeout = credentials.find(name, self.environ), _SECONDS_FOR_A_BASE
        return self._closed_later(open_registry(name, login, self.environ, timeout=timeout, patience=_little()))

    def beside(self, client: RegistryClient) -> RegistryClient:
        """Return a client with connections of its own, which only has to tell; it knows what `client` knows."""
        return self._closed_later(client.sibling(_little()))

    def mirror(self, address: str) -> RegistryClient | None:
        """Return a client for a mirror of Docker Hub, None without an address."""
        if not address:
            return None
        timeout = _SECONDS_FOR_A_BASE
        return self._closed_later(open_mirror(address, self.environ, timeout=timeout, patience=_little()))

    def _closed_later(self, client: RegistryClient) -> RegistryClient:
        self.closing.callback(client.close)
        return client


def _little() -> Patience:
    return Patience(attempts=2, seconds=_SECONDS_FOR_A_BASE)
