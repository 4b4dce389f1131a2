"""What a repository of a registry holds under one digest."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Kind = Literal["image", "index", "attestation", "signature", "sbom", "artifact"]

# OCI "Image Format Specification", "Annotations"; what came before it; what jobs of GitLab write by custom.
_COMMIT = ("org.opencontainers.image.revision", "org.label-schema.vcs-ref", "com.gitlab.ci.commit")
_PIPELINE = ("com.gitlab.ci.pipelineurl", "com.gitlab.ci.pipeline", "com.gitlab.ci.cijoburl")


class Child(NamedTuple):
    """A manifest that an index names; `size` is compressed bytes with each layer once, an attestation's own manifest's.

    `platform` is `os/architecture[/variant]`, empty for an attestation.
    """

    digest: str
    kind: Kind
    platform: str
    size: int


class StoredImage(NamedTuple):
    """One digest in `repository` (`host/path`), with every tag that shares it.

    `size` is compressed bytes, each layer once, without attestations; `unique_size` what no other image of the listing
    uses. `created` is RFC 3339, empty where unknown. `subject` is the digest that a signature or attestation speaks of.
    `parts` has the size of each blob by digest. `protected` is None where nobody asked GitLab.
    """

    repository: str
    digest: str
    tags: tuple[str, ...]
    kind: Kind = "image"
    media_type: str = ""
    size: int = 0
    unique_size: int = 0
    created: str = ""
    platforms: tuple[str, ...] = ()
    labels: Mapping[str, str] = MappingProxyType({})
    children: tuple[Child, ...] = ()
    subject: str = ""
    protected: bool | None = None
    parts: Mapping[str, int] = MappingProxyType({})

    @property
    def commit(self) -> str:
        """The commit that the labels name, empty without one."""
        return _first(self.labels, _COMMIT)

    @property
    def pipeline(self) -> str:
        """The pipeline (or job) that the labels name, empty without one."""
        return _first(self.labels, _PIPELINE)

    @property
    def attestations(self) -> tuple[Child, ...]:
        """The children that speak of images and are none: provenance and lists of contents."""
        return tuple(child for child in self.children if child.kind == "attestation")


def _first(labels: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")
