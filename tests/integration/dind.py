"""Docker-in-docker services as runners start them, for the doctor: with TLS, without, unprivileged, of another MTU."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.rig import Rig

_IMAGE = "docker:28.5.2-dind"
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Dind:
    """A running service: its address, and the folder with the client's certificates."""

    name: str
    host: str
    certificates: Path

    def variables(self, port: int = 2376, *, tls: bool = True) -> dict[str, str]:
        """What a job sets to speak with it."""
        said = {"DOCKER_HOST": f"tcp://{self.host}:{port}"}
        return said | ({"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(self.certificates)} if tls else {})


def start(rig: Rig, folder: Path, name: str, *words: str, tls: bool = True, privileged: bool = True) -> Dind:
    """Start a service with these arguments of dockerd and return it when it answers, or has ended unprivileged."""
    options = ["--detach", "--network", rig.network, "--name", f"{rig.network}-doctor-{name}"]
    options += ["--privileged"] if privileged else []
    options += ["--volume", f"{rig.directory}/certs.d:/etc/docker/certs.d:ro"]
    options += ["--env", f"DOCKER_TLS_CERTDIR={'/certs' if tls else ''}"]
    docker(rig, "run", *options, _IMAGE, *words)
    template = f'{{{{(index .NetworkSettings.Networks "{rig.network}").IPAddress}}}}'
    found = Dind(f"{rig.network}-doctor-{name}", "", folder / name)
    host = docker(rig, "inspect", "--format", template, found.name).strip()
    made = Dind(found.name, host, folder / name)
    if privileged:
        wait(rig, made)
        if tls:
            docker(rig, "cp", f"{made.name}:/certs/client", str(made.certificates))
    return made


def wait(rig: Rig, service: Dind) -> None:
    deadline = time.monotonic() + _SECONDS
    words = [rig.docker, "--host", rig.docker_host, "exec", service.name, "docker", "version"]
    while subprocess.run(words, capture_output=True, check=False).returncode != 0:
        assert time.monotonic() < deadline, f"the daemon in {service.name} does not answer"
        time.sleep(0.2)


def stop(rig: Rig, *services: Dind) -> None:
    docker(rig, "rm", "--force", "--volumes", *(service.name for service in services))


def docker(rig: Rig, *words: str) -> str:
    command = [rig.docker, "--host", rig.docker_host, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    return done.stdout
