"""Image references: `host[:port]/path[:tag][@digest]`."""

from typing import NamedTuple


class ImageRef(NamedTuple):
    """A reference whose registry is always explicit; `digest` is `sha256:…` or empty."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def split(cls, text: str) -> "ImageRef":
        """Return `host/path[:tag][@digest]` in its parts; for text that we wrote or judged before."""
        rest, _, digest = text.partition("@")
        registry, _, rest = rest.partition("/")
        repository, _, tag = rest.partition(":")
        return cls(registry, repository, tag, digest)

    @property
    def name(self) -> str:
        """`host[:port]/path`, without tag and digest."""
        return f"{self.registry}/{self.repository}"

    def with_tag(self, tag: str) -> "ImageRef":
        """Return the same repository under `tag`, without digest."""
        return self._replace(tag=tag, digest="")

    def with_digest(self, digest: str) -> "ImageRef":
        """Return the same repository at `digest`, without tag."""
        return self._replace(tag="", digest=digest)

    def __str__(self) -> str:
        """Return the reference as docker takes it."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"
