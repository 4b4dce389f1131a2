"""The addresses of a rig, and the cable from this machine into its network (root mode)."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Sequence
from pathlib import Path

from tests.rig import rootfs
from tests.rig.process import RigError, run

NAME = "rig"  # of the Docker network and its bridge in the private daemon
NUMBERS = range(1, 255)
HOST_PART = 250


class Subnet:
    """The addresses of the network 10.213.`number`.0/24: services below .64, jobs from .64, this machine at .250."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.prefix = f"10.213.{number}"
        self.edge, self.registry, self.flat, self.gitlab, self.mirror, self.faults = (
            f"{self.prefix}.{last}" for last in range(10, 16)
        )

    def create(self, docker: Sequence[str], name: str, label: str, bridge: str = "") -> None:
        """Make the Docker network `name` with these addresses.

        Raises:
            RigError: the addresses or the name are taken.
        """
        ranges = [
            "--subnet",
            f"{self.prefix}.0/24",
            "--gateway",
            f"{self.prefix}.1",
            "--ip-range",
            f"{self.prefix}.64/26",
        ]
        options = ["--opt", f"com.docker.network.bridge.name={bridge}"] if bridge else []
        run([*docker, "network", "create", *ranges, *options, "--label", label, name])

    def link(self) -> str:
        """The name of this machine's end of the cable."""
        return f"ci-rig-{self.number}"

    def plug_in(self, tree: Path, namespace: int) -> None:
        """Give this machine an address in the network: a cable to the bridge in the namespaces of a process.

        The kernel removes both ends with the namespaces.
        """
        ip = rootfs.tool(tree, "ip")
        peer = f"{NAME}-host"
        run([*ip, "link", "add", self.link(), "type", "veth", "peer", "name", peer, "netns", str(namespace)])
        inside = ["nsenter", f"--target={namespace}", "--net", *ip, "link", "set", peer]
        run([*inside, "master", NAME])
        run([*inside, "up"])
        run([*ip, "addr", "add", f"{self.prefix}.{HOST_PART}/24", "dev", self.link()])
        run([*ip, "link", "set", self.link(), "up"])


def free(tree: Path) -> Subnet:
    """A subnet that no route or address of this machine touches.

    Raises:
        RigError: all are taken.
    """
    routes = json.loads(run([*rootfs.tool(tree, "ip"), "-json", "-4", "route", "show", "table", "all"]))
    words = [str(route.get("dst", "")) for route in routes]
    taken = [ipaddress.ip_network(word, strict=False) for word in words if re.match(r"\d+\.\d+\.\d+\.\d+", word)]
    for number in NUMBERS:
        wanted = ipaddress.ip_network(f"10.213.{number}.0/24")
        if not any(wanted.overlaps(network) for network in taken if network.prefixlen):
            return Subnet(number)
    raise RigError("10.213.0.0/16: every /24 network is taken on this machine; stop other rigs")


def free_for(docker: Sequence[str], name: str, label: str) -> Subnet:
    """A subnet for which the daemon of `docker` made the network `name` (user mode).

    Raises:
        RigError: it made none.
    """
    last = RigError("10.213.0.0/16: no free network")
    for number in NUMBERS:
        subnet = Subnet(number)
        try:
            subnet.create(docker, name, label)
        except RigError as error:
            if "overlap" not in str(error):
                raise
            last = error
        else:
            return subnet
    raise last
