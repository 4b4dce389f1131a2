"""Which BuildKit builds for buildx, said in one word or address: the daemon's own, or one of a fleet.

Source: docker docs "Build drivers" (docker-container, remote, kubernetes) and "docker buildx create".
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from ci_kit.errors import UsageError

Driver = Literal["docker", "docker-container", "remote", "kubernetes", "named"]

PLACE = "pipeline.buildkit"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
_HINT = (
    "say docker-container, tcp://host:port?cacert=ca.pem&cert=cert.pem&key=key.pem, unix:///path, "
    "kubernetes://namespace/name, or the name of a builder that docker buildx ls shows"
)


class BuildKit(NamedTuple):
    """A BuildKit: `name` is that of a builder or deployment that exists, `options` are those of buildx's driver."""

    driver: Driver = "docker"
    name: str = ""
    address: str = ""
    options: Mapping[str, str] = MappingProxyType({})

    @property
    def is_the_daemons(self) -> bool:
        """Whether images are built, and kept for the push, by the Docker daemon itself."""
        return self.driver == "docker"

    @property
    def needs_daemon(self) -> bool:
        """Whether the Docker daemon of this job has a part in it."""
        return self.driver in ("docker", "docker-container")


THE_DAEMONS = BuildKit()


def parse(text: str) -> BuildKit:
    """Return the BuildKit that is meant, the daemon's for an empty text; UsageError for what names none."""
    try:
        url = urlsplit(text)
        options = MappingProxyType(dict(parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query))))
        port = url.port
    except ValueError as error:
        raise UsageError(f"{text!r} is no address: {error}", place=PLACE, hint=_HINT) from error
    if url.scheme == "tcp" and url.hostname and port:
        return BuildKit("remote", address=f"tcp://{url.netloc}", options=options)
    if url.scheme == "unix" and not url.netloc and url.path.startswith("/"):
        return BuildKit("remote", address=f"unix://{url.path}", options=options)
    if url.scheme == "kubernetes" and _NAME.fullmatch(url.netloc) and re.fullmatch(r"(/[a-z0-9-]*)?", url.path):
        return BuildKit("kubernetes", url.path[1:], options=MappingProxyType({"namespace": url.netloc, **options}))
    if not url.scheme and not url.netloc:
        return _named(url.path, options, text)
    raise UsageError(f"{text!r} is no BuildKit", place=PLACE, hint=_HINT)


def _named(name: str, options: Mapping[str, str], text: str) -> BuildKit:
    if name == "docker-container":
        return BuildKit("docker-container", options=options)
    if name in ("", "docker") and not options:
        return THE_DAEMONS
    if _NAME.fullmatch(name) and not options:
        return BuildKit("named", name)
    raise UsageError(f"{text!r} is no BuildKit", place=PLACE, hint=_HINT)
