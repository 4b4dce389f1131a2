"""Put an image into a registry that asks for no password, over plain HTTP: for the mirror of docker.io."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import platform
from pathlib import Path
from typing import Any

from tests.rig.process import RigError

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIGURATION = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def push(host: str, port: int, name: str, tag: str, layer_file: Path) -> None:
    """Push the image of one gzip-compressed layer as `name`:`tag`.

    Raises:
        RigError: the registry refused a part.
    """
    layer = layer_file.read_bytes()
    configuration = json.dumps(describe(gzip.decompress(layer))).encode()
    parts = [(CONFIGURATION, configuration), (LAYER, layer)]
    sizes = [{"mediaType": kind, "size": len(data), "digest": digest(data)} for kind, data in parts]
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": sizes[0], "layers": sizes[1:]}
    for _, data in parts:
        upload(host, port, name, data)
    send(host, port, "PUT", f"/v2/{name}/manifests/{tag}", json.dumps(manifest).encode(), MANIFEST)


def describe(layer: bytes) -> dict[str, Any]:
    """The configuration of an image with the uncompressed `layer`, the same at every call."""
    return {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": {
            "Cmd": ["sh"],
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        "history": [{"created": "2026-01-01T00:00:00Z", "created_by": "ci-kit rig"}],
    }


def digest(data: bytes) -> str:
    """The digest of `data` as registries write it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def upload(host: str, port: int, name: str, data: bytes) -> None:
    """Upload one blob."""
    place = send(host, port, "POST", f"/v2/{name}/blobs/uploads/", b"", "")
    path = "/" + place.split("/", 3)[3]
    send(host, port, "PUT", f"{path}&digest={digest(data)}", data, "application/octet-stream")


def send(host: str, port: int, method: str, path: str, data: bytes, kind: str) -> str:
    """Send one request and return the Location of the answer.

    Raises:
        RigError: the answer is no success.
    """
    connection = http.client.HTTPConnection(host, port, timeout=20)
    try:
        connection.request(method, path, body=data, headers={"Content-Type": kind} if kind else {})
        answer = connection.getresponse()
        said = answer.read()
    finally:
        connection.close()
    if answer.status >= 300:
        raise RigError(f"{host}:{port}: {method} {path.partition('?')[0]}: {answer.status} {said[:200]!r}")
    return answer.getheader("Location", "")
