"""Whether a cache is there: asked before a build, so that a registry that fails costs a line and not the build."""

import threading
from collections.abc import Callable

from ci_kit.errors import RegistryError, UsageError
from ci_kit.model.builder import Output
from ci_kit.model.image import ImageRef
from ci_kit.registry.client import RegistryClient


class CacheProbe:
    """Asks registries for references, from any thread; `open` returns a client of our own, which the caller closes."""

    def __init__(self, open: Callable[[str], RegistryClient], output: Output) -> None:
        self.open = open
        self.output = output
        self._clients: dict[str, RegistryClient] = {}
        self._lost: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, reference: ImageRef) -> str:
        """Return the digest of `reference`, empty for none; a registry that does not say is not asked of it again."""
        with self._lock:
            if reference.name in self._lost:
                return ""
            try:
                return self._client(reference.registry).digest(reference)
            except (RegistryError, UsageError) as error:
                self._lost.add(reference.name)
                self.output(f"no cache from {reference.name}: {error.message}")
                return ""

    def _client(self, registry: str) -> RegistryClient:
        if registry not in self._clients:
            self._clients[registry] = self.open(registry)
        return self._clients[registry]
