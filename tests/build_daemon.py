"""The daemon that builds outside of jobs: the rig's own, or a dind where that is a foreign one.

A daemon that was there already does not trust the rig's authority, and we change nothing about it.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.rig import Rig

_DIND = "docker:28.5.2-dind"
_SECONDS = 60


@contextmanager
def build_daemon(rig: Rig) -> Iterator[str]:
    """Yield the DOCKER_HOST of a daemon that trusts the rig's registries; a dind is gone afterwards."""
    if rig.host_mode == "root":
        yield rig.docker_host
        return
    name = f"{rig.network}-build"
    mounts = {
        f"{rig.directory}/certs.d": "/etc/docker/certs.d",
        f"{rig.directory}/config/dind.json": "/etc/docker/daemon.json",
    }
    volumes = [word for source, target in mounts.items() for word in ("--volume", f"{source}:{target}:ro")]
    options = ["--detach", "--rm", "--privileged", "--network", rig.network, "--env", "DOCKER_TLS_CERTDIR="]
    _docker(rig, "run", *options, *volumes, "--name", name, _DIND, "--tls=false", "--max-concurrent-uploads=200")
    try:
        yield _wait(rig, name)
    finally:
        _docker(rig, "rm", "--force", "--volumes", name)


def _wait(rig: Rig, name: str) -> str:
    template = f'{{{{(index .NetworkSettings.Networks "{rig.network}").IPAddress}}}}'
    host = f"tcp://{_docker(rig, 'inspect', '--format', template, name).strip()}:2375"
    deadline = time.monotonic() + _SECONDS
    while subprocess.run([rig.docker, "--host", host, "version"], capture_output=True, check=False).returncode != 0:
        assert time.monotonic() < deadline, f"the daemon in {name} does not answer"
        time.sleep(0.3)
    return host


def _docker(rig: Rig, *words: str) -> str:
    done = subprocess.run([rig.docker, "--host", rig.docker_host, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
