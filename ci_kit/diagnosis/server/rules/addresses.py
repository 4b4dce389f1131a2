"""GitLab's and the registry's addresses against each other, and against what else names them."""

from collections.abc import Iterator

from ci_kit.diagnosis.server.server import Server
from ci_kit.diagnosis.server.setting import Mismatch, Setting, Url

_OWN = "registry_external_url"


def check(server: Server) -> Iterator[Mismatch]:
    """Yield addresses that cannot be meant."""
    said = server.gitlab.get(_OWN)
    if said is not None and server.address is None and said.text:
        yield Mismatch("server-registry-host", f"{_OWN} {said.text!r} is no address with http or https", said.place)
    for name in ("gitlab_rails['registry_enabled']", "registry['enable']"):
        off = server.gitlab.get(name)
        elsewhere = name.startswith("registry[") and "gitlab_rails['registry_api_url']" in server.gitlab
        if off and off.off and said is not None and not elsewhere:
            yield Mismatch("server-registry-off", f"{name} = false, though {_OWN} is {said.text}", off.place)
    if server.address is not None:
        yield from _of_address(server, server.address)
    yield from _missing(server, said)


def _of_address(server: Server, address: Url) -> Iterator[Mismatch]:
    if address.path:
        yield Mismatch("server-registry-path", f"{address} has the path /{address.path}", address.said.place)
    host, port = (server.gitlab.get(f"gitlab_rails['registry_{name}']") for name in ("host", "port"))
    if host and host.text.lower() != address.host:
        yield Mismatch("server-registry-host", f"registry_host is {host.text!r}, the address {address}", host.place)
    if port and port.text != str(address.port):
        yield Mismatch("server-registry-host", f"registry_port is {port.text}, the address {address}", port.place)
    yield from _conflicts(server, address)


def _conflicts(server: Server, address: Url) -> Iterator[Mismatch]:
    external = server.external
    if server.bundled and server.bundled_port == server.listens:
        evidence = f"{address}: the registry behind nginx listens on {server.listens} already"
        yield Mismatch("server-port-conflict", evidence, address.said.place)
    if server.bundled and external and (external.host, external.port) == (address.host, address.port):
        evidence = f"{address} is the host and the port of GitLab itself ({external})"
        yield Mismatch("server-port-conflict", evidence, address.said.place)


def _missing(server: Server, said: Setting | None) -> Iterator[Mismatch]:
    """Yield that GitLab has no registry, where a port for one is published."""
    if said is not None or not server.gitlab or any(service.is_registry for service in server.services):
        return
    for service in server.services:
        for port in service.ports if service.is_gitlab else ():
            if port.published == 5050:
                yield Mismatch("no-registry", f"port 5050 is published, and {_OWN} is not set", port.place)
