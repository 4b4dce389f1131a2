"""What a manifest amounts to: compressed size, platforms, date; indexes are followed, attestations told apart.

Sources: OCI "Image Manifest", "Image Index" and "Image Configuration" specifications; BuildKit docs "Attestation
storage".
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from ci_kit.errors import RegistryError
from ci_kit.model.grammar import DIGEST
from ci_kit.model.image import ImageRef
from ci_kit.model.layer import Layer
from ci_kit.model.stored_image import Child, Kind
from ci_kit.registry import layers
from ci_kit.registry.client import Manifest

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]{5})\Z", re.ASCII)
_ATTESTATION = "vnd.docker.reference.type"
_CREATED = "org.opencontainers.image.created"
_CONFIGURATIONS = ("container.image.v1+json", "oci.image.config.v1+json")
LONGEST_INDEX = (
    1000  # children that are read of one index; a registry's own limit on the size of a manifest comes earlier
)
# What the media types of signing tools have in them.
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("cosign.simplesigning", "signature"),
    ("cosign.artifact.sig", "signature"),
    ("notary.signature", "signature"),
    ("in-toto", "attestation"),
    ("dsse.envelope", "attestation"),
    ("sigstore.bundle", "attestation"),
    ("spdx", "sbom"),
    ("cyclonedx", "sbom"),
    ("syft", "sbom"),
)


class Source(Protocol):
    """Where manifests and configurations come from: a registry, or a cache before it."""

    @property
    def registry(self) -> str:
        """Return `host[:port]`."""

    def manifest(self, reference: ImageRef) -> Manifest:
        """Return a manifest; RegistryError when there is none."""

    def blob(self, repository: str, digest: str) -> bytes:
        """Return a small blob; RegistryError when there is none."""


class Content(NamedTuple):
    """`size` in bytes as stored (each layer once), `created` RFC 3339 or empty, labels of the first platform.

    `parts` has the size of each blob by digest, `children` what an index names, `layers` those of every platform.
    """

    size: int
    created: str
    platforms: tuple[str, ...]
    labels: Mapping[str, str]
    kind: Kind = "image"
    media_type: str = ""
    children: tuple[Child, ...] = ()
    subject: str = ""
    parts: Mapping[str, int] = MappingProxyType({})
    layers: tuple[Layer, ...] = ()


def measure(source: Source, repository: str, manifest: Manifest) -> Content:
    """Return the content of an image or index; two requests an image at most.

    RegistryError when a part is missing, or is not what the specification says.
    """
    try:
        document = manifest.document()
        if "manifests" in document:
            return _of_index(source, repository, manifest, document)
        return _of_image(source, repository, manifest, document)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        raise RegistryError(
            f"{source.registry}/{repository}@{manifest.digest} is not an image that can be read",
            hint="look at it with docker buildx imagetools inspect --raw",
        ) from error


def _of_image(source: Source, repository: str, manifest: Manifest, document: Mapping[str, Any]) -> Content:
    configuration = _configuration(source, repository, document)
    labels = (configuration.get("config") or {}).get("Labels") or {}
    parts = _parts(document)
    return Content(
        size=sum(parts.values()),
        created=_created(configuration, document),
        platforms=(_platform(configuration),),
        labels={str(name): str(value) for name, value in labels.items()},
        kind=_kind(document),
        media_type=_media_type(manifest, document),
        subject=_digest((document.get("subject") or {}).get("digest")),
        parts=parts,
        layers=layers.of(document, configuration, _platform(configuration)),
    )


def _of_index(source: Source, repository: str, manifest: Manifest, document: Mapping[str, Any]) -> Content:
    children, contents = list[Child](), list[Content]()
    for entry in document["manifests"][:LONGEST_INDEX]:
        if _ATTESTATION in (entry.get("annotations") or {}):
            children.append(Child(str(entry["digest"]), "attestation", "", int(entry.get("size") or 0)))
            continue
        child = source.manifest(ImageRef(source.registry, repository, digest=str(entry["digest"])))
        contents.append(_of_child(source, repository, child))
        platform = contents[-1].platforms[0]
        children.append(Child(child.digest, contents[-1].kind, platform, contents[-1].size))
    parts = {digest: size for content in contents for digest, size in content.parts.items()}
    first = contents[0] if contents else Content(0, "", (), {})
    return Content(
        size=sum(parts.values()),
        created=first.created or _created({}, document),
        platforms=tuple(platform for content in contents for platform in content.platforms),
        labels=first.labels,
        kind="index",
        media_type=_media_type(manifest, document),
        children=tuple(children),
        subject=_digest((document.get("subject") or {}).get("digest")),
        parts=parts,
        layers=tuple(layer for content in contents for layer in content.layers),
    )


def _of_child(source: Source, repository: str, manifest: Manifest) -> Content:
    """Return a child's content; of an index in an index only that it is one."""
    document = manifest.document()
    if "manifests" in document:
        return Content(0, "", ("unknown",), {}, "index", _media_type(manifest, document))
    return _of_image(source, repository, manifest, document)


def _parts(document: Mapping[str, Any]) -> dict[str, int]:
    every = (document.get("config"), *(document.get("layers") or ()))
    return {str(part["digest"]): int(part["size"]) for part in every if part}


def _configuration(source: Source, repository: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    config = document.get("config") or {}
    if not str(config.get("mediaType", "")).endswith(_CONFIGURATIONS):
        return {}
    return _parsed(source.blob(repository, str(config["digest"])))


@lru_cache(maxsize=64)  # many tags share one
def _parsed(content: bytes) -> Mapping[str, Any]:
    said = json.loads(content)
    return said if isinstance(said, dict) else {}


def _kind(document: Mapping[str, Any]) -> Kind:
    """Return what a manifest without children is, by the types that it names."""
    config = str((document.get("config") or {}).get("mediaType", ""))
    layers = [layer for layer in document.get("layers") or () if layer]
    types = " ".join((str(document.get("artifactType", "")), config, *(str(part.get("mediaType")) for part in layers)))
    special = next((kind for word, kind in _KINDS if word in types), None)
    return special or ("image" if config.endswith(_CONFIGURATIONS) else "artifact")


def _media_type(manifest: Manifest, document: Mapping[str, Any]) -> str:
    """Return the type that the registry or the manifest names, else the one that its form tells."""
    form = "index" if "manifests" in document else "manifest"
    return manifest.media_type or str(document.get("mediaType") or f"application/vnd.oci.image.{form}.v1+json")


def _created(configuration: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    annotations = document.get("annotations")
    said = annotations.get(_CREATED) if isinstance(annotations, dict) else None
    return _date(configuration.get("created")) or _date(said)


def _date(said: object) -> str:
    """Return an RFC 3339 date, empty for anything else: whoever built the image wrote it."""
    return said if isinstance(said, str) and _DATE.match(said) else ""


def _digest(said: object) -> str:
    return said if isinstance(said, str) and DIGEST.match(said) else ""


def _platform(configuration: Mapping[str, Any]) -> str:
    known = [configuration.get(key) for key in ("os", "architecture", "variant")]
    return "/".join(str(part) for part in known if part) or "unknown"
