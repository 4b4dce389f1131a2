"""Putting small images into a real registry by hand, so that every byte of them is known."""

import hashlib
import json
from types import TracebackType

import requests

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


class Pusher:
    """A login for one repository (`host/path`) of a registry; with `realm`, the address of its token service."""

    def __init__(self, image: str, user: str, password: str, ca: str, realm: str = "") -> None:
        host, _, self.repository = image.partition("/")
        self._url = f"https://{host}/v2/{self.repository}"
        self._ca = ca
        self._session = requests.Session()
        self._session.auth = (user, password)
        if realm:
            scope = {"service": "container_registry", "scope": f"repository:{self.repository}:pull,push,delete"}
            token = self._session.get(realm, params=scope, verify=ca, timeout=30).json()["token"]
            self._session.auth = None
            self._session.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> "Pusher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def blob(self, content: bytes, media_type: str) -> dict[str, object]:
        """Put a blob and return its descriptor."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        begun = self._session.post(f"{self._url}/blobs/uploads/", verify=self._ca, timeout=30)
        begun.raise_for_status()
        done = self._session.put(
            begun.headers["Location"], params={"digest": digest}, data=content, verify=self._ca, timeout=30
        )
        done.raise_for_status()
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def image(self, *tags: str, created: str = "2026-01-02T03:04:05Z", layer: bytes = b"layer", note: str = "") -> str:
        """Put an image of one layer under `tags` and return its digest; `note` alone makes another digest of it."""
        said = {
            "os": "linux",
            "architecture": "amd64",
            "created": created,
            "rootfs": {"type": "layers", "diff_ids": []},
        }
        parts = {"config": self.blob(json.dumps(said).encode(), CONFIG), "layers": [self.blob(layer, LAYER)]}
        return self.tagged(parts, *tags, note=note)

    def tagged(self, parts: dict[str, object], *tags: str, note: str = "", media_type: str = MANIFEST) -> str:
        """Put a manifest of `parts` under `tags`, or under its digest alone, and return the digest."""
        document = {"schemaVersion": 2, "mediaType": media_type, **parts, "annotations": {"note": note}}
        content = json.dumps(document).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        for tag in tags or (digest,):
            self._session.put(
                f"{self._url}/manifests/{tag}",
                data=content,
                headers={"Content-Type": media_type},
                verify=self._ca,
                timeout=30,
            ).raise_for_status()
        return digest

    def delete(self, digest: str) -> None:
        """Delete a manifest, which leaves those that name it."""
        self._session.delete(f"{self._url}/manifests/{digest}", verify=self._ca, timeout=30).raise_for_status()

    def tags(self) -> dict[str, str]:
        """Return every tag with its digest."""
        said = self._session.get(f"{self._url}/tags/list", verify=self._ca, timeout=30)
        return {tag: self._digest(tag) for tag in (said.json().get("tags") or [] if said.ok else [])}

    def has(self, digest: str) -> bool:
        """Tell whether a manifest is there."""
        return self._digest(digest) == digest

    def _digest(self, reference: str) -> str:
        headers = {"Accept": f"{MANIFEST}, {INDEX}"}
        found = self._session.head(f"{self._url}/manifests/{reference}", headers=headers, verify=self._ca, timeout=30)
        return found.headers.get("Docker-Content-Digest", "") if found.ok else ""
