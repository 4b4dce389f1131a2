"""Repositories and tags as the registry behind the stand-in really has them."""

from __future__ import annotations

import hashlib
import http.client
import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.rig.gitlab.answer import not_found
from tests.rig.gitlab.settings import Settings
from tests.rig.gitlab.token import Access, Signer

MANIFESTS = (
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json"
)
TOKEN_SECONDS = 60
CATALOG_PAGE = 100  # repositories asked for at a time; the registry refuses more than 1000


class Registry:
    """Reads the registry with tokens the stand-in signs for itself."""

    def __init__(self, settings: Settings, signer: Signer) -> None:
        self.settings = settings
        self.signer = signer

    def request(self, path: str, access: Access) -> tuple[int, bytes, str]:
        """Status, body and content digest of a GET of `path`."""
        parts = urlsplit(self.settings.registry_url)
        token = self.signer.token("stand-in", "container_registry", access, TOKEN_SECONDS)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}", "Accept": MANIFESTS})
            response = connection.getresponse()
            return response.status, response.read(), response.getheader("Docker-Content-Digest", "")
        finally:
            connection.close()

    def read(self, name: str, path: str) -> tuple[int, bytes, str]:
        """The same for a `path` below the repository `name`."""
        return self.request(f"/v2/{name}/{path}", [{"type": "repository", "name": name, "actions": ["pull"]}])

    def repositories(self, project: str) -> list[str]:
        """The names of the repositories of `project`, sorted."""
        access: Access = [{"type": "registry", "name": "catalog", "actions": ["*"]}]
        names: list[str] = []
        while True:
            path = f"/v2/_catalog?n={CATALOG_PAGE}&last={quote(names[-1], safe='') if names else ''}"
            page = json.loads(self.request(path, access)[1])["repositories"] or []
            names += page
            if len(page) < CATALOG_PAGE:
                return sorted(name for name in names if f"{name}/".startswith(f"{project}/"))

    def tags(self, name: str) -> list[str]:
        """The tags of the repository `name`, sorted."""
        status, body, _ = self.read(name, "tags/list")
        return sorted(json.loads(body).get("tags") or []) if status == 200 else []

    def tag(self, name: str, tag: str) -> dict[str, Any]:
        """GitLab's detail of one tag; of an index, what its first image says.

        Raises:
            Refused: 404, there is no such tag.
        """
        status, body, digest = self.read(name, f"manifests/{tag}")
        if status != 200:
            raise not_found("Tag")
        manifest = json.loads(body)
        if children := manifest.get("manifests"):
            manifest = json.loads(self.read(name, f"manifests/{children[0]['digest']}")[1])
        configuration = manifest.get("config", {})
        revision = configuration.get("digest", "").removeprefix("sha256:") or hashlib.sha256(body).hexdigest()
        created = self.created(name, configuration.get("digest", ""))
        size = sum(layer["size"] for layer in manifest.get("layers", []))
        detail = {
            "revision": revision,
            "short_revision": revision[:9],
            "digest": digest,
            "created_at": created,
        }
        return self.summary(name, tag) | detail | {"total_size": size}

    def created(self, name: str, digest: str) -> str | None:
        """When the image with the configuration `digest` was made, as it says itself."""
        status, body, _ = self.read(name, f"blobs/{digest}") if digest else (404, b"", "")
        return json.loads(body).get("created") if status == 200 else None

    def summary(self, name: str, tag: str) -> dict[str, Any]:
        """What GitLab's list of tags shows of one."""
        return {
            "name": tag,
            "path": f"{name}:{tag}",
            "location": f"{self.settings.registry_host}/{name}:{tag}",
        }

    def delete_tag(self, name: str, tag: str) -> None:
        """Forget one tag and leave others of the same digest, which GitLab's registry can and Distribution 2.8 cannot.

        Raises:
            Refused: 404, there is no such tag.
        """
        folder = Path(self.settings.storage, "docker/registry/v2/repositories", name, "_manifests/tags", tag)
        if "/" in tag or tag in ("", ".", "..") or not folder.is_dir():
            raise not_found("Tag")
        shutil.rmtree(folder)
