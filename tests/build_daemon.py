"""The daemons that build outside of jobs: the rig's own, and dinds that trust the rig's registries.

A daemon that was there already does not trust the rig's authority, and we change nothing about it.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.rig import Rig

_DIND = "docker:28.5.2-dind"
_SECONDS = 60
_LIBRARIES = "/usr/local/lib"


@contextmanager
def build_daemon(rig: Rig) -> Iterator[str]:
    """Yield the DOCKER_HOST of a daemon that trusts the rig's registries; a dind is gone afterwards."""
    if rig.host_mode == "root":
        yield rig.docker_host
        return
    with dind(rig, "build", {}) as host:
        yield host


@contextmanager
def dind(rig: Rig, name: str, settings: Mapping[str, object], programs: Path | None = None) -> Iterator[str]:
    """Yield the DOCKER_HOST of a fresh dind, gone afterwards; it runs the `programs` of another release if given.

    `settings` go into its daemon.json beside the rig's own.
    """
    full = f"{rig.network}-{name}"
    file = Path(rig.directory, "config", f"{full}.json")
    own = json.loads(Path(rig.directory, "config", "dind.json").read_text(encoding="utf-8"))
    file.write_text(json.dumps({**own, **settings}), encoding="utf-8")
    mounts = {f"{rig.directory}/certs.d": "/etc/docker/certs.d", str(file): "/etc/docker/daemon.json"}
    mounts |= {rig.ca: "/rig/ca.crt"} | _places(programs)
    volumes = [word for source, target in mounts.items() for word in ("--volume", f"{source}:{target}:ro")]
    # With the containerd image store the daemon asks the token service itself, which certs.d does not speak of.
    environ = {"DOCKER_TLS_CERTDIR": "", "SSL_CERT_DIR": "/rig:/etc/ssl/certs"}
    if programs:
        environ["LD_LIBRARY_PATH"] = _LIBRARIES
    options = [word for key, value in environ.items() for word in ("--env", f"{key}={value}")]
    options += ["--detach", "--rm", "--privileged", "--network", rig.network, *volumes, "--name", full]
    _docker(rig, "run", *options, _DIND, "--tls=false", "--max-concurrent-uploads=200")
    try:
        yield _wait(rig, full)
    finally:
        _docker(rig, "rm", "--force", "--volumes", full)


def _places(programs: Path | None) -> dict[str, str]:
    """Return where the programs and libraries of another release lie in front of the image's own."""
    found = programs.iterdir() if programs else ()
    return {str(path): f"{_LIBRARIES if '.so.' in path.name else '/usr/local/sbin'}/{path.name}" for path in found}


def _wait(rig: Rig, name: str) -> str:
    template = f'{{{{(index .NetworkSettings.Networks "{rig.network}").IPAddress}}}}'
    host = f"tcp://{_docker(rig, 'inspect', '--format', template, name).strip()}:2375"
    deadline = time.monotonic() + _SECONDS
    while subprocess.run([rig.docker, "--host", host, "version"], capture_output=True, check=False).returncode != 0:
        assert time.monotonic() < deadline, f"the daemon in {name} does not answer"
        time.sleep(0.1)
    return host


def _docker(rig: Rig, *words: str) -> str:
    done = subprocess.run([rig.docker, "--host", rig.docker_host, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
