"""What a repository holds at one moment, as far as a plan needs it, and who needs whom."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ci_kit.model.stored_image import StoredImage

# cosign's names for what it says of an image, the fallback tag of OCI "Referrers", and our own note of a tag's commit.
_SUBJECT = re.compile(r"sha256-([0-9a-f]{64})(?:\.(?:sig|att|sbom|tag-[0-9a-f]{16}))?\Z", re.ASCII)
_CONTENT = re.compile(r"content-[0-9a-f]{40}\Z", re.ASCII)  # docs/content.md


def _nothing() -> Mapping[str, str]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A repository (`host/path`): every tag with its digest, empty for one that is listed and has no manifest.

    `images` are by digest what could be read; `children` the manifests that a manifest names; `unread` why a tag could
    not be read; `leftovers` the tags at what an interrupted cleanup put there; `subjects` the digests without a tag
    that are there and that something refers to; `protected` the patterns of tags that may not be deleted.
    """

    name: str
    tags: Mapping[str, str]
    images: Mapping[str, StoredImage] = field(default_factory=lambda: MappingProxyType({}))
    children: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    unread: Mapping[str, str] = field(default_factory=_nothing)
    leftovers: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    protected: tuple[str, ...] = ()

    def needed(self, digests: Iterable[str]) -> frozenset[str]:
        """Return `digests` and the manifests below them, however deep."""
        found, waiting = set[str](), list(digests)
        while waiting:
            digest = waiting.pop()
            if digest and digest not in found:
                found.add(digest)
                waiting += self.children.get(digest, ())
        return frozenset(found)

    def by_digest(self) -> dict[str, list[str]]:
        """Return the tags of each digest."""
        found = dict[str, list[str]]()
        for tag, digest in self.tags.items():
            found.setdefault(digest, []).append(tag)
        return found

    def subject(self, tag: str) -> str:
        """Return the digest that the tag's manifest speaks of (a signature, an SBOM), empty for an image."""
        named = _SUBJECT.match(tag)
        if named:
            return f"sha256:{named[1]}"
        image = self.images.get(self.tags[tag])
        return image.subject if image else ""

    def is_content(self, tag: str) -> bool:
        """Tell whether the tag is the one by which ci-kit finds an image of some content again."""
        return bool(_CONTENT.match(tag))

    def followers(self) -> frozenset[str]:
        """Return the tags that are not judged by themselves but go with an image that is here.

        These are the ones that machines have named after it: signatures and the like, and `content-…` beside others.
        """
        speaking = {tag: self.subject(tag) for tag in self.tags if _SUBJECT.match(tag)}
        others = {self.tags[tag] for tag in self.tags if not self.is_content(tag)} - {""}
        found = {tag for tag, digest in self.tags.items() if self.is_content(tag) and digest in others}
        found |= self._speaking_of_what_is_here(speaking)
        return frozenset(found - self.leftovers - set(self.unread))

    def _speaking_of_what_is_here(self, speaking: Mapping[str, str]) -> set[str]:
        """Return the tags whose subject is an image, or speaks of one; two that speak of each other are left out."""
        images = (digest for tag, digest in self.tags.items() if tag not in speaking)
        here, found = self.needed(images) | self.subjects, set[str]()
        while new := {tag for tag, subject in speaking.items() if subject in here and tag not in found}:
            found |= new
            here |= self.needed(self.tags[tag] for tag in new)
        return found
