"""Clients that talk to a registry in this process without a socket, and are killed at a request."""

import threading
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from ci_kit.registry.auth import Credentials
from ci_kit.registry.client import RegistryClient
from ci_kit.registry.crew import Crew
from ci_kit.registry.patience import Patience
from ci_kit.registry.transport import Request, Response, Transport
from tests.unit.distribution import Distribution
from tests.unit.servers import Seen

HOST = "127.0.0.1:5000"


class Killed(BaseException):
    """The process is dead: nothing more is sent."""


@dataclass
class Wire:
    """What is between clients and a registry; it is cut at request `limit`.

    That request is `lost`, or it is `served` and its answer is lost, or a deletion is done by `half`: Distribution 2.8
    ends with its client, when the manifest is gone and its tags are not.
    """

    registry: Distribution
    limit: int = 10**9
    end: Literal["lost", "half", "served"] = "lost"
    count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, request: Request) -> Response:
        with self.lock:
            self.count += 1
            if self.count == self.limit and self.end == "half" and request.method == "DELETE":
                self._half(request.url.rpartition("/")[2])
            if self.count > self.limit or (self.count == self.limit and self.end != "served"):
                raise Killed
            answer = self._answer(request)
            if self.count == self.limit:
                raise Killed
            return answer

    def _half(self, reference: str) -> None:
        for repository in self.registry.repositories.values():
            repository.manifests.pop(reference, None)

    def _answer(self, request: Request) -> Response:
        url = urlsplit(request.url)
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert request.body is None or isinstance(request.body, bytes)
        path = url.path + (f"?{url.query}" if url.query else "")
        answer = self.registry(Seen(request.method, path, headers, request.body or b""))
        assert answer is not None
        return Response(answer.status, {name.lower(): value for name, value in answer.headers}, answer.body)


class Direct(Transport):
    """A transport over a wire."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire

    def send(self, request: Request) -> Response:
        return self.wire.send(request)

    def twin(self, patience: Patience | None = None) -> "Direct":
        return Direct(self.wire)

    def close(self) -> None:
        """Nothing is open."""


def crew(wire: Wire) -> Crew:
    return Crew(RegistryClient(HOST, Direct(wire), Credentials("", "", "none")))
