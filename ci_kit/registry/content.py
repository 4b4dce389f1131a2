"""What a manifest amounts to: compressed size, platforms, date; indexes are followed one level.

Sources: OCI "Image Manifest", "Image Index" and "Image Configuration" specifications.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ci_kit.errors import RegistryError
from ci_kit.model.image import ImageRef
from ci_kit.registry.client import Manifest, RegistryClient

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]{5})\Z", re.ASCII)
_ATTESTATION = "vnd.docker.reference.type"


@dataclass(frozen=True, slots=True)
class Content:
    """`size` in bytes as stored (each layer once), `created` RFC 3339 or empty, labels of the first platform."""

    size: int
    created: str
    platforms: tuple[str, ...]
    labels: Mapping[str, str]


def measure(registry: RegistryClient, repository: str, manifest: Manifest) -> Content:
    """Return the content of an image or index; two requests an image at most.

    RegistryError when a part is missing, or is not what the specification says.
    """
    try:
        return _measure(registry, repository, manifest)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise RegistryError(
            f"{registry.registry}/{repository}@{manifest.digest} is not an image that can be read",
            hint="look at it with docker buildx imagetools inspect --raw",
        ) from error


def _measure(registry: RegistryClient, repository: str, manifest: Manifest) -> Content:
    images = tuple(_images(registry, repository, manifest))
    sizes = {str(part["digest"]): int(part["size"]) for image in images for part in _parts(image.document())}
    configurations = [_configuration(registry, repository, image.document()) for image in images]
    first = configurations[0] if configurations else {}
    labels = (first.get("config") or {}).get("Labels") or {}
    return Content(
        size=sum(sizes.values()),
        created=_date(first.get("created")),
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


def _date(said: object) -> str:
    """Return an RFC 3339 date, empty for anything else: whoever built the image wrote it."""
    return said if isinstance(said, str) and _DATE.match(said) else ""


def _platform(configuration: Mapping[str, Any]) -> str:
    known = [configuration.get(key) for key in ("os", "architecture", "variant")]
    return "/".join(str(part) for part in known if part) or "unknown"
