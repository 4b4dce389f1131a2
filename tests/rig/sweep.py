"""Room in a rig that goes on running: what a test has pushed and nobody needs any more is removed from its disk."""

from __future__ import annotations

from tests.rig.process import run
from tests.rig.rig import Rig

LARGE = 1_000_000  # bytes; smaller blobs may belong to several images, and are left
# Distribution's own layout; the API removes the links to a blob only, and its collector has to stop the registry.
SCRIPT = f"""
cd /data/docker/registry/v2 2>/dev/null || exit 0
find repositories -type d -name "$1*" -prune | while read -r repository; do
  for link in "$repository"/_layers/sha256/*; do
    digest=${{link##*/}}
    blob=blobs/sha256/$(printf %.2s "$digest")/$digest
    find "$blob" -name data -size +{LARGE}c -exec rm -rf "$blob" \\; -prune 2>/dev/null
  done
  rm -rf "$repository"
done
"""


def sweep(rig: Rig, name: str) -> None:
    """Remove every repository whose last part begins with `name`, and its large blobs, which no other may share."""
    docker = [rig.docker, "--host", rig.docker_host]
    listed = run([*docker, "ps", "--filter", f"network={rig.network}", "--format", "{{.Names}}"])
    for container in listed.split():
        if container.endswith(("-registry", "-flat")):
            run([*docker, "exec", container, "sh", "-c", SCRIPT, "sweep", name])
