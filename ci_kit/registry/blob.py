"""What a manifest names: its blobs and its children, judged before any of it goes into an address.

Sources: OCI "Image Manifest", "Image Index" and "Content Descriptors" specifications.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ci_kit.errors import RegistryError
from ci_kit.registry.client import Manifest

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z|sha512:[0-9a-f]{128}\Z", re.ASCII)
# Layers that a registry is not meant to hold: the image says where else they are.
_ELSEWHERE = re.compile(r"\.(?:foreign|nondistributable)\b")


class Blob(NamedTuple):
    """A configuration or layer; `size` is bytes."""

    digest: str
    size: int

    def new_hash(self) -> Any:
        """Return an empty hash of the kind that the digest is."""
        return hashlib.new(self.digest.partition(":")[0])


def blobs(manifest: Manifest) -> Iterator[Blob]:
    """Yield what must be in a repository before the manifest may be; RegistryError when it is no manifest of ours."""
    document: Mapping[str, Any] = manifest.document()
    config = [] if document.get("config") is None else [document["config"]]
    parts = [*config, *_list(document, "layers", manifest), *_list(document, "blobs", manifest)]
    for part in parts:
        if not _is_elsewhere(part):
            yield Blob(*_descriptor(part, manifest))


def children(manifest: Manifest) -> Iterator[str]:
    """Yield the digests of an index's manifests, attestations among them; RegistryError when one is no digest."""
    for part in _list(manifest.document(), "manifests", manifest):
        yield _descriptor(part, manifest)[0]


def _is_elsewhere(part: object) -> bool:
    return isinstance(part, dict) and bool(part.get("urls")) and bool(_ELSEWHERE.search(str(part.get("mediaType"))))


def _list(document: Mapping[str, Any], key: str, manifest: Manifest) -> list[object]:
    said = document.get(key) or []
    if not isinstance(said, list):
        raise _unreadable(manifest)
    return said


def _descriptor(part: object, manifest: Manifest) -> tuple[str, int]:
    digest, size = (part.get("digest"), part.get("size")) if isinstance(part, dict) else (None, None)
    if not isinstance(digest, str) or not _DIGEST.match(digest) or type(size) is not int or size < 0:
        raise _unreadable(manifest)
    return digest, size


def _unreadable(manifest: Manifest) -> RegistryError:
    return RegistryError(
        f"{manifest.digest} is not an image that can be copied: a part of it has no digest and size",
        hint="look at it with docker buildx imagetools inspect --raw",
    )
