"""Platforms as images name them: `linux/amd64`, `linux/arm/v7`.

Sources: OCI "Image Index", "platform"; github.com/containerd/platforms, "Normalize".
"""

from collections.abc import Iterable

# What a name means where it says less, or says what goes without saying.
_SAME = {"linux/arm": "linux/arm/v7", "linux/arm64/v8": "linux/arm64", "linux/amd64/v1": "linux/amd64"}


def normal(platform: str) -> str:
    """Return the one name of a platform that has two."""
    return _SAME.get(platform, platform)


def missing(wanted: Iterable[str], found: Iterable[str]) -> tuple[str, ...]:
    """Return the platforms in `wanted` that an image with those `found` does not have."""
    there = {normal(platform) for platform in found}
    return tuple(platform for platform in wanted if normal(platform) not in there)


def slug(platform: str) -> str:
    """Return a platform as it may stand in tags and in names of files and jobs: `linux-arm-v7`."""
    return platform.replace("/", "-")
