"""Which commit a tag was last set for, where the image itself does not say it: several commits may have one image.

Labels cannot be changed without making another image of it. So beside an image that a tag was set to without a build
there is a note for that tag: an image without layers, of which the labels are those of the commit. Its own tag is named
like a signature of the image, so that what keeps or removes signatures keeps or removes it as well.
"""

import hashlib
import json
from collections.abc import Mapping

from ci_kit.build.tagging import holder, labels
from ci_kit.build.tagging.holder import Holder
from ci_kit.model.image import ImageRef
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.upload import put_blob

_IMAGE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LENGTH = 16  # digits of the hash of a tag's name, which may be too long to be written out
_NO_LAYERS = {"type": "layers", "diff_ids": []}
_LABELS = (labels.REVISION, labels.CREATED, labels.VERSION)


def reference(tagged: ImageRef, digest: str) -> ImageRef:
    """Return where the note is for a tag that leads to an image at `digest`."""
    name = hashlib.sha256(tagged.tag.encode()).hexdigest()[:_LENGTH]
    return tagged.with_tag(f"sha256-{digest.removeprefix('sha256:')}.tag-{name}")


def read(registry: RegistryClient, tagged: ImageRef, digest: str, known: dict[str, Holder]) -> Holder | None:
    """Return the commit for which the tag was set to that image, None where the image's own labels hold.

    `known` is what notes at their digests have said before; it grows.
    """
    manifest = registry.find_manifest(reference(tagged, digest))
    if manifest is None:
        return None
    if manifest.digest not in known:
        known[manifest.digest] = holder.of_manifest(registry, tagged.repository, manifest)
    return known[manifest.digest] if known[manifest.digest].date else None


def made(registry: RegistryClient, image: ImageRef, said: Mapping[str, str]) -> Manifest:
    """Return the note of the commit of the labels `said`: its parts are in the repository then. RegistryError."""
    kept = {name: said[name] for name in _LABELS if name in said}
    config = _bytes({"architecture": "none", "os": "none", "config": {"Labels": kept}, "rootfs": _NO_LAYERS})
    descriptor = {"mediaType": _CONFIG, "digest": put_blob(registry, image.repository, config), "size": len(config)}
    content = _bytes({"schemaVersion": 2, "mediaType": _IMAGE, "config": descriptor, "layers": []})
    return Manifest(f"sha256:{hashlib.sha256(content).hexdigest()}", _IMAGE, content)


def _bytes(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
