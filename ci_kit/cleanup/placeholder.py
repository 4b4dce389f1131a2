"""The manifest that a doomed tag gets where a registry deletes by digest only: deleted at once, the tag goes with it.

It names nothing and is another one for each tag, always the same: what a killed run has left is known again by its
digest, and is finished by the next one.
Source: OCI "Image Format Specification", "Image Index" (an empty list of manifests is one).
"""

import hashlib
import json

from ci_kit.registry.client import Manifest

_INDEX = "application/vnd.oci.image.index.v1+json"
_ANNOTATION = "com.gitlab.ci-kit.cleanup"


def placeholder(repository: str, tag: str) -> Manifest:
    """Return the manifest for a tag of `repository` (its path, without the host)."""
    document = {
        "schemaVersion": 2,
        "mediaType": _INDEX,
        "manifests": [],
        "annotations": {_ANNOTATION: f"{repository}:{tag} is deleted; run ci-kit cleanup again"},
    }
    content = json.dumps(document, separators=(",", ":")).encode()
    return Manifest(f"sha256:{hashlib.sha256(content).hexdigest()}", _INDEX, content)
