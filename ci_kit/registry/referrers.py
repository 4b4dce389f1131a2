"""What belongs to an image without being named by it: signatures, SBOMs, attestations.

Sources: OCI "Distribution Specification" 1.1, "Listing Referrers" and "Referrers Tag Schema"; cosign's tags.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ci_kit.errors import RegistryError
from ci_kit.model.image import ImageRef
from ci_kit.registry.client import Manifest, RegistryClient
from ci_kit.registry.transport import follow

_INDEX = "application/vnd.oci.image.index.v1+json"
_COSIGN = (".sig", ".att", ".sbom")
_NOT_SPOKEN = (400, 404, 405, 406, 501)
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')
_MOST_PAGES = 100
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")

Descriptor = Mapping[str, Any]


class Referrers(NamedTuple):
    """What refers to one digest: descriptors by the specification, and cosign's tags with their digests."""

    subject: str
    descriptors: tuple[Descriptor, ...]
    tags: Mapping[str, str]

    @property
    def digests(self) -> list[str]:
        """The digests of all manifests among them."""
        return [*(str(one["digest"]) for one in self.descriptors), *self.tags.values()]


class Question(NamedTuple):
    """What is asked of a digest: its tag of cosign's with this suffix, or what refers to it by the specification."""

    subject: str
    suffix: str = ""


def questions(digest: str) -> list[Question]:
    """Return what is to be asked of `digest`, each for itself: one after the other they take five round trips."""
    return [Question(digest), *(Question(digest, suffix) for suffix in _COSIGN)]


def answer(client: RegistryClient, repository: str, asked: Question) -> Referrers:
    """Return what is found: by the referrers API where the registry has one or by the fallback tag, or by one tag."""
    if asked.suffix:
        tag = _tag(asked.subject) + asked.suffix
        at = client.digest(ImageRef(client.registry, repository, tag))
        return Referrers(asked.subject, (), {tag: at} if at else {})
    spoken = listed(client, repository, asked.subject)
    descriptors = _fallback(client, repository, asked.subject) if spoken is None else spoken
    return Referrers(asked.subject, tuple(descriptors), {})


def listed(client: RegistryClient, repository: str, digest: str) -> list[Descriptor] | None:
    """Return what the referrers API lists, None where the registry has none."""
    found: list[Descriptor] = []
    path, what = f"referrers/{digest}", f"{client.registry}/{repository}@{digest}"
    for _ in range(_MOST_PAGES):
        response = client.ask("GET", repository, path)
        if response.status in _NOT_SPOKEN or (response.status == 200 and "json" not in _kind(response.headers)):
            return None
        if response.status != 200:
            raise client.failure(response, what)
        found += _descriptors(Manifest(digest, _INDEX, response.body))
        following = _NEXT.search(response.headers.get("link", ""))
        if not following:
            return found
        # Only the query: our token goes nowhere else.
        path = f"referrers/{digest}?{urlsplit(follow(f'https://{client.registry}/', following[1])).query}"
    raise RegistryError(f"{what} has more referrers than can be listed")


def attach(client: RegistryClient, repository: str, referrers: Referrers) -> None:
    """Make the descriptors findable in `repository`, where the registry does not do it by itself.

    What is there already stays; the manifests must be in the repository.
    """
    if not referrers.descriptors or listed(client, repository, referrers.subject) is not None:
        return
    there = _fallback(client, repository, referrers.subject)
    known = {str(one["digest"]) for one in there}
    missing = [one for one in referrers.descriptors if one["digest"] not in known]
    if missing:
        where = ImageRef(client.registry, repository, _tag(referrers.subject))
        client.put_manifest(where, _index([*there, *missing]))


def may_replace(there: Manifest, wanted: Manifest) -> bool:
    """Tell whether all that the cosign manifest `there` holds is in `wanted` too: replacing it loses nothing."""
    return _layers(there) <= _layers(wanted)


def _layers(manifest: Manifest) -> set[str]:
    layers = manifest.document().get("layers")
    return (
        {str(layer.get("digest")) for layer in layers if isinstance(layer, dict)} if isinstance(layers, list) else set()
    )


def _tag(digest: str) -> str:
    return digest.replace(":", "-")


def _kind(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "")


def _fallback(client: RegistryClient, repository: str, digest: str) -> list[Descriptor]:
    reference = ImageRef(client.registry, repository, _tag(digest))
    return _descriptors(client.manifest(reference)) if client.digest(reference) else []


def _descriptors(manifest: Manifest) -> list[Descriptor]:
    said = manifest.document().get("manifests")
    found: Iterable[object] = said if isinstance(said, list) else []
    return [one for one in found if isinstance(one, dict) and _DIGEST.match(str(one.get("digest")))]


def _index(descriptors: Sequence[Descriptor]) -> Manifest:
    document = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": list(descriptors)}
    return Manifest("", _INDEX, json.dumps(document, separators=(",", ":")).encode())
