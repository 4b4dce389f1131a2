"""Whether the registry may write to its storage."""

from collections.abc import Iterator

from ci_kit.diagnosis.server.server import Server
from ci_kit.diagnosis.server.setting import Mismatch

_NAMES = ("storage.maintenance.readonly.enabled", "storage.maintenance.readonly")
_USUAL = "/var/lib/registry"
_GITLAB = "/var/opt/gitlab"


def check(server: Server) -> Iterator[Mismatch]:
    """Yield that it is read-only by configuration, or by its volume."""
    for name in _NAMES:
        said = server.registry.get(name)
        if said and said.on:
            yield Mismatch("read-only", f"{name} is {said.text}", said.place)
    root = server.registry.get("storage.filesystem.rootdirectory")
    places = {root.text if root else _USUAL, _GITLAB}
    for service in server.services:
        for volume in service.volumes if service.is_registry or service.is_gitlab else ():
            inner, _, mode = volume.text.partition(":")[2].partition(":")
            if inner.rstrip("/") in places and "ro" in mode.split(","):
                yield Mismatch("storage-read-only", f"{service.name} mounts {volume.text}", volume.place)
