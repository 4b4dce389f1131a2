"""The ports that containers publish against the address of the registry."""

from collections.abc import Iterator

from ci_kit.diagnosis.server.compose import Port, Service
from ci_kit.diagnosis.server.server import Server
from ci_kit.diagnosis.server.setting import Mismatch, Url

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def check(server: Server) -> Iterator[Mismatch]:
    """Yield that clients do not get to the port of the registry's address."""
    address = server.address
    fronts = [service for service in server.services if service.is_gitlab or service.is_registry]
    if address is None or not fronts or any(service.host_network for service in server.services):
        return
    published = [port for service in server.services for port in service.ports if port.published == address.port]
    if published:
        yield from _of_ports(server, address, published)
        return
    if server.vhosts and not any(_is_nginx(service) for service in server.services):
        return  # an nginx on the host takes the requests
    yield _unpublished(server, address, fronts)


def _unpublished(server: Server, address: Url, fronts: list[Service]) -> Mismatch:
    """Return that nothing publishes the port, with what is published in its place."""
    inner = server.bundled_port if server.bundled else server.listens
    for service in fronts:
        for port in service.ports:
            if port.inner in (inner, address.port):
                evidence = f"{service.name} publishes {port.inner} as {port.published}, the address is {address}"
                return Mismatch("server-port-unpublished", evidence, port.place)
    service = fronts[0]
    ports = ", ".join(str(port.published) for port in service.ports) or "none"
    place = service.ports[0].place if service.ports else service.place
    return Mismatch("server-port-unpublished", f"{service.name} publishes {ports}, the address is {address}", place)


def _of_ports(server: Server, address: Url, published: list[Port]) -> Iterator[Mismatch]:
    for port in published:
        if port.address in _LOOPBACK and not server.vhosts and address.host not in _LOOPBACK:
            evidence = f"port {port.published} is published on {port.address} alone, the address is {address}"
            yield Mismatch("server-port-unpublished", evidence, port.place)
        gitlab = any(port in service.ports for service in server.services if service.is_gitlab)
        if gitlab and server.bundled and port.inner not in (server.bundled_port, *_ports_of_gitlab(server)):
            evidence = (
                f"port {port.published} leads to {port.inner} inside, where nginx listens on {server.bundled_port}"
            )
            yield Mismatch("server-port-mismatch", evidence, port.place)


def _ports_of_gitlab(server: Server) -> tuple[int, ...]:
    return (server.external.port,) if server.external else ()


def _is_nginx(service: Service) -> bool:
    return "nginx" in service.image
