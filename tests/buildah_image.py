"""The job image with buildah in it, as a team that builds without a daemon makes one."""

import subprocess
from pathlib import Path

from tests import job_image
from tests.rig import Rig, images, releases

IMAGE = "ci-kit/buildah:test"
USER = 1000
# What the packages' maintainer scripts do, a user with a range of users of its own, and the capabilities in place of
# root's rights: with those newuidmap could not map the users of a namespace that is not root's.
_DOCKERFILE = f"""\
FROM {job_image.IMAGE}
ADD buildah.tar /
COPY prepare.py /tmp/prepare.py
RUN ldconfig && python3 /tmp/prepare.py && rm /tmp/prepare.py
"""
_PREPARE = f"""\
import os, pathlib, struct
pathlib.Path("/etc/passwd").open("a").write("job:x:{USER}:{USER}::/home/job:/bin/sh\\n")
pathlib.Path("/etc/group").open("a").write("job:x:{USER}:\\n")
for name in ("subuid", "subgid"):
    pathlib.Path("/etc", name).write_text("job:100000:65536\\n")
os.makedirs("/home/job")
os.chown("/home/job", {USER}, {USER})
for name, capability in (("newuidmap", 7), ("newgidmap", 6)):
    program = f"/usr/bin/{{name}}"
    os.chmod(program, 0o755)
    # linux/capability.h: struct vfs_cap_data, revision 2, with the effective bit
    os.setxattr(program, "security.capability", struct.pack("<5I", 0x02000001, 1 << capability, 0, 0, 0))
"""


def build(rig: Rig, folder: Path) -> str:
    """Return the name of the image in the rig's daemon, made from the job image that is there."""
    context = folder / "buildah"
    context.mkdir()
    images.pack(releases.buildah(), context / "buildah.tar")
    (context / "Dockerfile").write_text(_DOCKERFILE, encoding="utf-8")
    (context / "prepare.py").write_text(_PREPARE, encoding="utf-8")
    environ = {"DOCKER_HOST": rig.docker_host, "DOCKER_BUILDKIT": "0", "HOME": str(folder)}
    command = [rig.docker, "build", "--quiet", "--tag", IMAGE, str(context)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return IMAGE
