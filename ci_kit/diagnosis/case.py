"""What is examined, and what the layers have found of it so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from ci_kit.daemon.endpoint import Endpoint
from ci_kit.daemon.readiness import Ready
from ci_kit.model.image import ImageRef
from ci_kit.registry.auth import ANONYMOUS, Challenge, Credentials, Token
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.credentials import api_host
from ci_kit.registry.opening import open_registry
from ci_kit.registry.patience import once
from ci_kit.registry.proxy import proxies_of, proxy_for
from ci_kit.registry.transport import Response, is_loopback

PULL, PUSH = "pull", "push"
SECONDS = 10.0  # for one answer


@dataclass
class Case:
    """An image that shall be pushed or pulled from here; `named` is the text, `place` where it is said.

    Layers fill in what they find: `image` the name layer, `credentials` the next, and so on. None is not known (yet).
    """

    named: str
    place: str
    environ: Mapping[str, str]
    purpose: str = PUSH
    image: ImageRef | None = None
    outside: str = ""  # why the image's place is none that a project of GitLab has
    credentials: Credentials | None = None
    challenge: Challenge | None = None
    token: Token | None = None
    apart: float | None = None  # seconds that this machine's clock is ahead of the registry's
    proved: bool = False  # whether the purpose was tried, and went well
    begun: Response | None = None  # the answer to the begin of an upload
    upload: str = ""  # where the upload goes on
    endpoint: Endpoint | None = None
    ready: Ready | None = None
    findings: set[str] = field(default_factory=set)  # causes found so far

    @property
    def registry(self) -> str:
        """The `host[:port]` that is asked."""
        return api_host(self.image.registry) if self.image else ""

    @property
    def repository(self) -> str:
        """The repository, empty when only a registry is named."""
        return self.image.repository if self.image else ""

    @property
    def host(self) -> str:
        """The registry's host without its port."""
        return urlsplit(f"//{self.registry}").hostname or ""

    @property
    def port(self) -> int:
        """The registry's port."""
        return urlsplit(f"//{self.registry}").port or (80 if self.is_plain else 443)

    @property
    def is_plain(self) -> bool:
        """Whether plain HTTP is tried first, as docker does on the loopback."""
        return is_loopback(self.registry)

    @property
    def proxy(self) -> str:
        """The proxy that the environment names for the registry, empty without one."""
        return proxy_for(urlsplit(f"https://{self.registry}/v2/"), proxies_of(self.environ))

    @cached_property
    def client(self) -> RegistryClient:
        """A client with the credentials that were found, which asks nothing twice."""
        who = self.credentials or ANONYMOUS
        return open_registry(self.registry, who, self.environ, timeout=SECONDS, patience=once())

    def close(self) -> None:
        """Close the connections."""
        if "client" in self.__dict__:
            self.client.close()
