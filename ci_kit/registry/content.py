"""What a manifest amounts to: compressed size, platforms, date; indexes are followed one level.

Sources: OCI "Image Manifest", "Image Index" and "Image Configuration" specifications.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ci_kit.model.image import ImageRef
from ci_kit.registry.client import Manifest, RegistryClient

_ATTESTATION = "vnd.docker.reference.type"


@dataclass(frozen=True, slots=True)
class Content:
    """`size` in bytes as stored (each layer once), `created` RFC 3339 or empty, labels of the first platform."""

    size: int
    created: str
    platforms: tuple[str, ...]
    labels: Mapping[str, str]


def measure(registry: RegistryClient, repository: str, manifest: Manifest) -> Content:
    """Return the content of an image or index; two requests an image at most. RegistryError when a part is missing."""
    images = tuple(_images(registry, repository, manifest))
    sizes = {str(part["digest"]): int(part["size"]) for image in images for part in _parts(image.document())}
    configurations = [_configuration(registry, repository, image.document()) for image in images]
    first = configurations[0] if configurations else {}
    labels = (first.get("config") or {}).get("Labels") or {}
    return Content(
        size=sum(sizes.values()),
        created=str(first.get("created") or ""),
        platforms=tuple(_platform(configuration) for configuration in configurations),
        labels={str(name): str(value) for name, value in labels.items()},
    )


def _images(registry: RegistryClient, repository: str, manifest: Manifest) -> Iterator[Manifest]:
    """Yield the manifest itself, or an index's images without its attestations."""
    document: Mapping[str, Any] = manifest.document()
    if "manifests" not in document:
        yield manifest
        return
    for child in document["manifests"]:
        if _ATTESTATION not in (child.get("annotations") or {}):
            yield registry.manifest(ImageRef(registry.registry, repository, digest=str(child["digest"])))


def _parts(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [part for part in (document.get("config"), *(document.get("layers") or ())) if part]


def _configuration(registry: RegistryClient, repository: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    config = document.get("config") or {}
    if not str(config.get("mediaType", "")).endswith(("container.image.v1+json", "oci.image.config.v1+json")):
        return {}
    said = json.loads(registry.blob(repository, str(config["digest"])))
    return said if isinstance(said, dict) else {}


def _platform(configuration: Mapping[str, Any]) -> str:
    known = [configuration.get(key) for key in ("os", "architecture", "variant")]
    return "/".join(str(part) for part in known if part) or "unknown"
