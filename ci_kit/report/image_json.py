"""Images as the one JSON object that other programs read; docs/images.md has its fields."""

import json
from collections.abc import Mapping, Sequence

from ci_kit.model.stored_image import StoredImage

VERSION = 1


def render(images: Sequence[StoredImage], stored: int, problems: Sequence[Mapping[str, str]]) -> str:
    """Return the object, one image a line; `problems` has a place and a message for each tag that could not be read.

    With an indent json would leave its C code: a third of the time of a listing.
    """
    lines = [f"    {json.dumps(_image(image))}" for image in images]
    listed = "\n".join(("", ",\n".join(lines), "  ")) if lines else ""
    rest = json.dumps({"stored": stored, "problems": [*problems]}, indent=2).removeprefix("{")
    return f'{{\n  "version": {VERSION},\n  "images": [{listed}],{rest}'


def _image(image: StoredImage) -> dict[str, object]:
    return {
        "repository": image.repository,
        "digest": image.digest,
        "tags": list(image.tags),
        "kind": image.kind,
        "media_type": image.media_type,
        "created": image.created or None,
        "size": image.size,
        "unique_size": image.unique_size,
        "platforms": list(image.platforms),
        "commit": image.commit or None,
        "pipeline": image.pipeline or None,
        "labels": dict(image.labels),
        "subject": image.subject or None,
        "protected": image.protected,
        "children": [
            {"digest": child.digest, "kind": child.kind, "platform": child.platform or None, "size": child.size}
            for child in image.children
        ],
        "attestations": [child.digest for child in image.attestations],
    }
