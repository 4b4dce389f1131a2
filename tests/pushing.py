"""Images of any size put into a registry, and read back, by plain HTTP: the other side of what is tested."""

import base64
import hashlib
import http.client
import json
import os
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_PIECE = 1_000_000
IMAGE = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True, slots=True)
class Far:
    """A repository, and who we are there; `realm` is the address of the token service, empty with a password file."""

    registry: str
    repository: str
    ca: Path
    user: str
    password: str
    realm: str = ""

    @property
    def name(self) -> str:
        return f"{self.registry}/{self.repository}"

    def image(self, reference: str, *sizes: int, **more: object) -> dict[str, object]:
        """Push an image with random layers of `sizes` bytes; return its descriptor."""
        config = json.dumps({"os": "linux", "architecture": "amd64", "nonce": os.urandom(8).hex()}).encode()
        document = {
            "schemaVersion": 2,
            "mediaType": IMAGE,
            "config": self.blob(len(config), iter([config])) | {"mediaType": CONFIG},
            "layers": [self.blob(size, random_bytes(size)) for size in sizes],
        }
        return self.manifest(reference, document | more)

    def blob(self, size: int, content: Iterator[bytes]) -> dict[str, object]:
        """Push one blob in one stream, whatever its size."""
        hashed = hashlib.sha256()

        def pieces() -> Iterator[bytes]:
            for piece in content:
                hashed.update(piece)
                yield piece

        where = self.ask("POST", "blobs/uploads/")[1]["location"]
        where = self.ask("PATCH", where, pieces(), {"Content-Length": str(size), **_OCTETS})[1]["location"]
        digest = f"sha256:{hashed.hexdigest()}"
        self.ask("PUT", f"{where}{'&' if '?' in where else '?'}digest={digest}")
        return {"mediaType": LAYER, "digest": digest, "size": size}

    def manifest(self, reference: str, document: Mapping[str, object]) -> dict[str, object]:
        """Push a manifest by tag, or by its digest without one; return its descriptor."""
        content = json.dumps(document, indent=3).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        kind = str(document["mediaType"])
        self.ask("PUT", f"manifests/{reference or digest}", content, {"Content-Type": kind})
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    def index(self, tag: str, *children: Mapping[str, object]) -> dict[str, object]:
        """Push an index of `children`."""
        return self.manifest(tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": list(children)})

    def read(self, path: str) -> tuple[int, str, bytes]:
        """Return status, type and bytes of a manifest or blob."""
        status, headers, content = self.ask("GET", path, headers={"Accept": f"{IMAGE}, {INDEX}"}, expect=(200, 404))
        return status, headers.get("content-type", ""), content

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        expect: tuple[int, ...] = (200, 201, 202),
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request, with a token of its own."""
        url = urlsplit(path if "://" in path else f"https://{self.name_of_api}/{path}")
        connection = self._connection(url.netloc)
        try:
            target = f"{url.path}?{url.query}" if url.query else url.path
            signed = {"Authorization": self._authorization(), **(headers or {})}
            connection.request(method, target, body, signed)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        assert answer.status in expect, (method, path, answer.status, content[:500])
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    @property
    def name_of_api(self) -> str:
        return f"{self.registry}/v2/{self.repository}"

    def _authorization(self) -> str:
        basic = "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if not self.realm:
            return basic
        url = urlsplit(self.realm)
        connection = self._connection(url.netloc)
        scope = f"repository:{self.repository}:pull,push"
        connection.request(
            "GET", f"{url.path}?service=container_registry&scope={scope}", headers={"Authorization": basic}
        )
        token = json.loads(connection.getresponse().read())["token"]
        connection.close()
        return f"Bearer {token}"

    def _connection(self, netloc: str) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(netloc, timeout=120, context=ssl.create_default_context(cafile=self.ca))


_OCTETS = {"Content-Type": "application/octet-stream"}


def random_bytes(size: int) -> Iterator[bytes]:
    """Yield `size` bytes that no other layer has; after the first piece they are cheap."""
    block = os.urandom(_PIECE)
    for number in range(0, size, _PIECE):
        yield (number.to_bytes(8, "big") + block[8:])[: size - number]
