"""The test rig: real daemons, registries and pipelines, and a stand-in for GitLab, from Debian and npm packages alone.

`start` and `stop` are what `python -m tests.rig up` and `down` call. As root it runs a private Docker daemon in its own
namespaces; as another user it uses the Docker daemon that is there, with names of its own.

The environment may say where things are: CI_KIT_RIG_CACHE the cache folder, CI_KIT_RIG_MIRROR the Debian mirror,
CI_KIT_RIG_DIR a running rig that the tests shall use instead of starting one.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.rig import (
    cache,
    daemon,
    edge,
    images,
    mirror,
    network,
    people,
    registries,
    rootfs,
    runner,
    services,
    state,
)
from tests.rig.network import Subnet
from tests.rig.people import People
from tests.rig.process import RigError, run
from tests.rig.rig import Rig, load, save
from tests.rig.runner import RunResult, git_project, run_pipeline
from tests.rig.state import State

__all__ = ["Rig", "RigError", "RunResult", "git_project", "load", "run_pipeline", "start", "stop"]

SYSTEM_SOCKET = "unix:///var/run/docker.sock"
HOST_TOOLS = ("rsync",)  # what gitlab-ci-local calls on this machine


def start(folder: Path) -> Rig:
    """Start a rig in `folder` (a short path, made when missing), write its rig.json and return it.

    Raises:
        RigError: it cannot start; what was started is stopped again, as far as `stop` can.
    """
    folder = folder.resolve()
    store = cache.folder(os.environ)
    with ThreadPoolExecutor(1) as pool:
        installing = pool.submit(runner.install, store)
        trees = cache.entry(store, "rootfs", rootfs.inputs(), rootfs.make)
        node = installing.result()
    docker_host = "" if os.geteuid() == 0 else os.environ.get("DOCKER_HOST") or SYSTEM_SOCKET
    docker = str(trees / "job/usr/bin/docker")
    if docker_host:
        run([docker, "--host", docker_host, "version"])  # nothing is made when nobody answers
    saved = state.new(folder, docker_host, docker=docker)
    try:
        return bring_up(saved, folder, store=store, trees=trees, node=node)
    except BaseException:
        with contextlib.suppress(RigError):
            stop(folder)
        raise


def bring_up(saved: State, folder: Path, *, store: Path, trees: Path, node: dict[str, str]) -> Rig:
    """Start everything of the rig `saved` and write its rig.json."""
    host_tools(folder, trees)
    docker = client(saved, folder)
    subnet = private(saved, folder, store, trees) if saved.mode == "root" else shared(saved, docker)
    made = images.load(docker, store, trees)
    crowd = people.make()
    services.write_files(folder, trees, subnet, crowd)
    services.start(docker, saved, folder, network_name(saved), subnet)
    mirror.push(subnet.mirror, registries.PORT, "library/busybox", "1.36", made / images.BUSYBOX_LAYER)
    rig = describe(saved, folder, subnet, crowd=crowd, node=node)
    save(rig)
    return rig


def private(saved: State, folder: Path, store: Path, trees: Path) -> Subnet:
    """Start the private daemon with its network and connect this machine to it; what is returned is the addresses.

    The choice of a free subnet and the cable that takes it are one step for all rigs of this user.
    """
    with cache.lock(store / ".network.lock"):
        subnet = network.free(trees)
        insecure = f"{subnet.mirror}:{registries.PORT}"
        daemon.start(saved, folder, tree=trees / "job", insecure=insecure, names=subnet.faults)
        subnet.create(client(saved, folder), network.NAME, services.label(saved), bridge=network.NAME)
        subnet.plug_in(trees, daemon.namespace(folder))
    return subnet


def shared(saved: State, docker: list[str]) -> Subnet:
    """Make a network in the daemon that is there; what is returned is its addresses."""
    return network.free_for(docker, network_name(saved), services.label(saved))


def network_name(saved: State) -> str:
    """The Docker network of a rig: plain in a daemon of its own, unique in a shared one."""
    return network.NAME if saved.mode == "root" else f"ci-kit-rig-{saved.identity}"


def client(saved: State, folder: Path) -> list[str]:
    """The words that start the Docker client for the rig's daemon, with a configuration of its own."""
    return [saved.docker, "--config", str(folder / "docker-config"), "--host", saved.docker_host]


def host_tools(folder: Path, trees: Path) -> None:
    """Fill `folder`/bin with the programs the runner calls, and `folder`/docker-config with the client's plugins."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "docker").symlink_to(trees / "job/usr/bin/docker")
    for name in HOST_TOOLS:
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.join(rootfs.tool(trees, name))} "$@"\n')
        (programs / name).chmod(0o755)
    (folder / "docker-config").mkdir()
    (folder / "docker-config/cli-plugins").symlink_to(plugins(trees))


def plugins(trees: Path) -> Path:
    """The folder with the client's plugins."""
    return trees / "job/usr/libexec/docker/cli-plugins"


def describe(saved: State, folder: Path, subnet: Subnet, *, crowd: People, node: dict[str, str]) -> Rig:
    """The rig as others see it."""
    return Rig(
        directory=str(folder),
        host_mode=saved.mode,
        docker_host=saved.docker_host,
        docker=str(folder / "bin/docker"),
        cli_plugins=str(folder / "docker-config/cli-plugins"),
        network=network_name(saved),
        address=subnet.edge,
        registry=f"{subnet.edge}:{edge.REGISTRY_PORT}",
        registry_path=people.OWN_PROJECT,
        project_id=people.PROJECTS[people.OWN_PROJECT],
        projects=people.PROJECTS,
        flat_registry=f"{subnet.edge}:{edge.FLAT_PORT}",
        gitlab=f"https://{subnet.edge}",
        ca=str(folder / "ca.crt"),
        certs_d=str(folder / "certs.d"),
        users=crowd.users,
        api_tokens=crowd.api_tokens,
        images=[name for names in images.NAMES.values() for name in names],
        faults={name: f"{subnet.edge}:{port}" for name, port in edge.FAULT_PORTS.items()},
        mirror=f"{subnet.mirror}:{registries.PORT}",
        runner=node,
        wheels=str(folder / "wheels"),
    )


def stop(folder: Path) -> None:
    """Stop what `start` started in `folder`, whole or in part, and remove its files; nothing there is fine.

    Files that others put into `folder` stay, but not what is in the rig's own folders, as `wheels`.

    Raises:
        RigError: something does not go away; the state is kept, so `stop` can be tried again.
    """
    folder = folder.resolve()
    saved = state.load(folder)
    if saved is None:
        return
    if saved.mode == "root":
        daemon.stop(saved, folder)
    else:
        services.remove(client(saved, folder), saved, network_name(saved))
    state.clear(folder)
