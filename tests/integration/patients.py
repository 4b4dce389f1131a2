"""Jobs with something wrong, and the doctor run on them as a process of its own."""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.integration.job import CI_KIT, variables
from tests.rig import Rig
from tests.unit.servers import raw


def job_of(rig: Rig, folder: Path, daemon: str, registry: str = "") -> dict[str, str]:
    """The variables of a job whose registry is `registry`, the rig's own by default."""
    project = folder / "project"
    project.mkdir(parents=True, exist_ok=True)
    registry = registry or rig.registry
    image = {"CI_REGISTRY": registry, "CI_REGISTRY_IMAGE": f"{registry}/{rig.registry_path}"}
    return variables(rig, daemon, project, "a" * 40) | image


def user(rig: Rig, name: str) -> dict[str, str]:
    return {"CI_REGISTRY_USER": name, "CI_REGISTRY_PASSWORD": rig.users[name]["password"]}


def doctor(environ: Mapping[str, str], *arguments: str, before: tuple[str, ...] = ()) -> dict[str, Any]:
    """What the doctor says as JSON; `before` are the words of a program that starts it."""
    words = [*before, str(CI_KIT), "doctor", "--format", "json", *arguments]
    done = subprocess.run(words, env=dict(environ), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert (said["cause"] is None) == (done.returncode == 0)
    return said


def inside(folder: Path, *commands: str) -> tuple[str, ...]:
    """The words that run a program in a mount namespace of its own, after `commands` of the shell; for root."""
    script = " && ".join([*commands, 'exec "$@"'])
    return ("unshare", "--mount", "sh", "-c", script, "sh")


def config(folder: Path, content: object) -> dict[str, str]:
    """The variable of a folder with this config.json."""
    place = folder / "docker"
    place.mkdir()
    (place / "config.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return {"DOCKER_CONFIG": str(place)}


def helper(folder: Path, name: str, script: str) -> str:
    """A folder for PATH with a credential helper that is this script."""
    place = folder / "programs"
    place.mkdir(exist_ok=True)
    program = place / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return f"{place}:{os.environ['PATH']}"


@contextmanager
def relay(target: tuple[str, int], host: str = "127.0.0.1") -> Iterator[int]:
    """A port of this machine that leads to `target`."""

    def handle(client: socket.socket) -> None:
        join(client, target)

    with raw(handle, address=(host, 0)) as port:
        yield port


@contextmanager
def proxy(refusal: str = "") -> Iterator[str]:
    """A forward proxy; with a `refusal` it says that to every CONNECT."""

    def handle(client: socket.socket) -> None:
        host, _, port = client.recv(4096).decode().split()[1].rpartition(":")
        client.sendall(
            f"HTTP/1.1 {refusal or '200 OK'}\r\n{'Content-Length: 0' if refusal else 'Via: rig'}\r\n\r\n".encode()
        )
        if not refusal:
            join(client, (host, int(port)))

    with raw(handle) as port:
        yield f"http://127.0.0.1:{port}"


def join(client: socket.socket, target: tuple[str, int]) -> None:
    """Pass on what both sides say, until both have ended."""
    with socket.create_connection(target, 10) as server:
        back = threading.Thread(target=pump, args=(server, client))
        back.start()
        pump(client, server)
        back.join()


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
